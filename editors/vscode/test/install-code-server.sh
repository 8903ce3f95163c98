#!/bin/bash
# Installs what the end-to-end test needs into .e2e/: VS Code, as code-server from npm, and a browser from Debian.
# Needs node and npm on the PATH. code-server's own postinstall would build modules that are not needed.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -e .e2e/done ]; then exit; fi

if ! command -v chromium > /dev/null || ! command -v g++ > /dev/null; then
  [ "$(id -u)" = 0 ] || { echo 'install these first, or run as root: chromium g++ make' >&2; exit 1; }
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core g++ make > /dev/null
fi

mkdir -p .e2e
cd .e2e
echo '{ "private": true }' > package.json
export npm_config_audit=false npm_config_fund=false npm_config_loglevel=error
npm_config_nodedir=$(node -p 'require("node:path").resolve(process.execPath, "../..")')
test -e "$npm_config_nodedir/include/node/node_api.h" && export npm_config_nodedir || unset npm_config_nodedir
npm install --ignore-scripts code-server@4.139.1
npm rebuild argon2 --build-from-source
cd node_modules/code-server/lib/vscode
npm install --omit=dev --ignore-scripts
npm rebuild node-pty @vscode/spdlog @parcel/watcher @vscode/native-watchdog
ln -sf code-linux.sh bin/remote-cli/code-server
cd extensions
npm install --omit=dev --ignore-scripts
touch "$OLDPWD/../../../../done"
