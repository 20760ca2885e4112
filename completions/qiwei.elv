
set edit:completion:arg-completer[qiwei] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) QIWEI_COMPLETE="elvish" qiwei -- $@words) | to-lines
}

