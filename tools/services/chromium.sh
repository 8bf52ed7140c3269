#!/bin/sh
# Starts $CHROMIUM without the two pages that draw what its address bar suggests. It would load them
# for each window, and no test sees the address bar: that took more CPU time than the page under
# test. The last --disable-features counts, so the names are added to those of Playwright.
for argument do
  shift
  case $argument in
    --disable-features=*) argument=$argument,WebUIOmniboxPopup,WebUIOmniboxAimPopup ;;
  esac
  set -- "$@" "$argument"
done
exec "$CHROMIUM" "$@"
