#!/bin/sh
# Builds dist/qiwei-VERSION-TARGET.tar.gz: the binary, completions, man pages, licences.
set -eu
cd "$(dirname "$0")/.."

cargo build --release --locked
binary=target/release/qiwei
set -- $("$binary" --version)
version=$2
target=$(printf '%s' "$3" | tr -d '()')
name=qiwei-$version-$target

rm -rf "dist/$name"
mkdir -p "dist/$name"
cp "$binary" README*.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "dist/$name/"
cp -r completions man examples "dist/$name/"
tar -C dist -czf "dist/$name.tar.gz" "$name"
rm -rf "dist/$name"
echo "dist/$name.tar.gz"
