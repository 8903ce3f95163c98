// Checks the format of the Neovim plugin's Lua, or with --write makes it right. StyLua comes as WebAssembly here.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { Config, formatCode, IndentType, OutputVerification, QuoteStyle } from '@johnnymorganz/stylua';

function format(text) {
  const config = Config.new(); // is used up by formatCode
  config.column_width = 120;
  config.indent_type = IndentType.Spaces;
  config.indent_width = 2;
  config.quote_style = QuoteStyle.AutoPreferSingle;
  return formatCode(text, config, undefined, OutputVerification.Full);
}

let wrong = 0;
for (const file of globSync('../neovim/**/*.lua')) {
  const text = readFileSync(file, 'utf8');
  const right = format(text);
  if (right === text) continue;
  if (process.argv.includes('--write')) writeFileSync(file, right);
  else {
    process.stderr.write(`${file} is not formatted: npm run format\n`);
    wrong = 1;
  }
}
process.exit(wrong);
