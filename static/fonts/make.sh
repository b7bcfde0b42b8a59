#!/bin/sh
# Makes the faces beside this script from the packages @fontsource/alegreya, -sc and -sans, 5.3.0.
#   static/fonts/make.sh FOLDER      FOLDER holds the unpacked packages, alegreya/, alegreya-sc/ and alegreya-sans/
# Needs pyftsubset (fonttools, with brotli) on the path. Prints the sizes.
set -eu
from=${1:?the folder that holds alegreya/, alegreya-sc/ and alegreya-sans/}
to=$(cd "$(dirname "$0")" && pwd)

text='U+20-7E,U+A0-FF,U+131,U+152,U+153,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032,U+2033,U+2039,U+203A'
text="$text,U+2044,U+20AC,U+2122,U+2190-2193,U+2212"
caps='U+20-7E,U+A0,U+B7,U+C0-FF,U+152,U+153,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D'
rare='U+100-130,U+132-151,U+154-17F,U+218-21B,U+1E80-1E85,U+1E9E'
text_features='kern,liga,lnum,tnum,pnum,ccmp,locl,mark,mkmk'
caps_features='kern,lnum,tnum,locl,ccmp,mark'

subset() {
  pyftsubset "$from/$2" --no-hinting --flavor=woff2 --layout-features="$3" --unicodes="$4" --output-file="$to/$1"
}

subset alegreya-400.woff2         alegreya/files/alegreya-latin-400-normal.woff2           "$text_features" "$text"
subset alegreya-400i.woff2        alegreya/files/alegreya-latin-400-italic.woff2           "$text_features" "$text"
subset alegreya-700.woff2         alegreya/files/alegreya-latin-700-normal.woff2           "$text_features" "$text"
subset alegreya-400-ext.woff2     alegreya/files/alegreya-latin-ext-400-normal.woff2       "$text_features" "$rare"
subset alegreya-400i-ext.woff2    alegreya/files/alegreya-latin-ext-400-italic.woff2       "$text_features" "$rare"
subset alegreya-sc-400.woff2      alegreya-sc/files/alegreya-sc-latin-400-normal.woff2     "$caps_features" "$caps"
subset alegreya-sc-400-ext.woff2  alegreya-sc/files/alegreya-sc-latin-ext-400-normal.woff2 "$caps_features" "$rare"
for weight in 400 500; do # of the admin alone
  sans=alegreya-sans/files/alegreya-sans-latin
  subset alegreya-sans-$weight.woff2     $sans-$weight-normal.woff2     "$text_features" "$text"
  subset alegreya-sans-$weight-ext.woff2 $sans-ext-$weight-normal.woff2 "$text_features" "$rare"
done
cp "$from/alegreya/LICENSE" "$to/OFL-alegreya.txt"
cp "$from/alegreya-sc/LICENSE" "$to/OFL-alegreya-sc.txt"
cp "$from/alegreya-sans/LICENSE" "$to/OFL-alegreya-sans.txt"
wc -c "$to"/*.woff2
