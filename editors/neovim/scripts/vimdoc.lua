---Makes doc/krepis.txt from the annotations: `nvim -l scripts/vimdoc.lua`, with `--check` only compares.
---
---A file with `---@mod {tag} {TITLE}` becomes a section; its `---@brief` comment is the text, in which `>lua` and
---`<` enclose code as in any help file. Paragraphs are filled anew; lines with two spaces in them are tables and
---stay. The fields of classes that are called `*Config` follow.

local root = vim.fs.dirname(vim.fs.dirname(vim.fs.abspath(arg[0])))
local output = root .. '/doc/krepis.txt'
local WIDTH = 78

---@param path string
---@return string[]
local function read(path)
  return vim.fn.readfile(root .. '/' .. path)
end

---The text of the `---@brief` comment, without the dashes.
---@param lines string[]
---@return string[]
local function brief(lines)
  local text, inside = {}, false
  for _, line in ipairs(lines) do
    if line:match('^%-%-%-@brief') then
      inside = true
    elseif inside and line:match('^%-%-%-') then
      table.insert(text, (line:gsub('^%-%-%- ?', '')))
    elseif inside then
      break
    end
  end
  while text[1] == '' do
    table.remove(text, 1)
  end
  return text
end

---Fills the paragraphs of a text.
---@param lines string[]
---@return string[]
local function filled(lines)
  local text, line, code = {}, '', false
  local function flush()
    if line ~= '' then
      table.insert(text, line)
    end
    line = ''
  end
  for _, given in ipairs(lines) do
    code = code and given ~= '<'
    if code or given == '' or given == '<' or given:match('%S  ') then
      flush()
      table.insert(text, given)
    else
      for word in given:gmatch('%S+') do
        if #line + #word >= WIDTH then
          flush()
        end
        line = line == '' and word or line .. ' ' .. word
      end
      code = given:match('>lua$') ~= nil
      if code then
        flush()
      end
    end
  end
  flush()
  return text
end

---The fields of the classes that are called `*Config`.
---@param lines string[]
---@return string[]
local function fields(lines)
  local text, inside = {}, false
  for _, line in ipairs(lines) do
    local class = line:match('^%-%-%-@class (%S+Config)$')
    if class then
      inside = true
      vim.list_extend(text, { '', class .. ' ~' })
    elseif inside then
      local name, type, what = line:match('^%-%-%-@field (%S+) (%S+) (.*)$')
      if name then
        vim.list_extend(text, { ('  {%s} (`%s`)'):format(name, type), '      ' .. what })
      else
        inside = false
      end
    end
  end
  return text
end

---@param left string
---@param tag string
local function heading(left, tag)
  local right = '*' .. tag .. '*'
  return left .. (' '):rep(math.max(1, WIDTH - #left - #right)) .. right
end

local sections = { { title = 'SET UP', tag = 'krepis-setup', text = filled(brief(read('lsp/krepis.lua'))) } }
for _, name in ipairs({ 'config', 'commands', 'timeline', 'status' }) do
  local lines = read('lua/krepis/' .. name .. '.lua')
  local title = lines[1]:match('^%-%-%-@mod %S+ (.*)$')
  local text = vim.list_extend(filled(brief(lines)), fields(lines))
  table.insert(sections, { title = title, tag = 'krepis-' .. name, text = text })
end
table.insert(sections, {
  title = 'HEALTH',
  tag = 'krepis-health',
  text = filled({
    '`:checkhealth krepis` checks the version of Neovim, the server, the configuration and what is attached.',
  }),
})

local lines = { '*krepis.txt*  Finds races in asynchronous TypeScript, and proves them', '' }
table.insert(lines, heading('CONTENTS', 'krepis'))
table.insert(lines, '')
for number, section in ipairs(sections) do
  table.insert(lines, ('  %d. %-20s |%s|'):format(number, section.title, section.tag))
end
for _, section in ipairs(sections) do
  vim.list_extend(lines, { '', ('='):rep(WIDTH), heading(section.title, section.tag), '' })
  vim.list_extend(lines, section.text)
end
vim.list_extend(lines, { '', ' vim:tw=78:ts=8:noet:ft=help:norl:' })

if vim.list_contains(arg, '--check') then
  if not vim.deep_equal(vim.fn.readfile(output), lines) then
    io.stderr:write('doc/krepis.txt is not up to date: run nvim -l scripts/vimdoc.lua\n')
    os.exit(1)
  end
else
  vim.fn.writefile(lines, output)
end
