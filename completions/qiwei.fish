complete --keep-order --exclusive --command qiwei --arguments "(QIWEI_COMPLETE=fish qiwei -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
