---@mod krepis.config CONFIGURATION
---@brief
---
--- Nothing has to be configured. What can be is read from `vim.g.krepis` when it is needed: >lua
---
---   vim.g.krepis = {
---     cmd = { '/opt/krepis/bin/krepis', 'lsp' },
---     timeline = { position = 'below' },
---   }
--- <
--- `:checkhealth krepis` reports keys that do not exist.

local M = {}

---@class krepis.Config
---@field cmd string[] The command that starts the server. Default: { 'krepis', 'lsp' }
---@field timeline krepis.TimelineConfig How the timeline is shown.

---@class krepis.TimelineConfig
---@field position 'right'|'below'|'tab' Where its window opens. Default: 'right'

---@type krepis.Config
local DEFAULTS = { cmd = { 'krepis', 'lsp' }, timeline = { position = 'right' } }

---What applies now: the defaults, with what `vim.g.krepis` says instead.
---@return krepis.Config
function M.get()
  local given = vim.g.krepis
  return vim.tbl_deep_extend('force', DEFAULTS, type(given) == 'table' and given or {})
end

---What is wrong with `vim.g.krepis`, one line each.
---@return string[]
function M.problems()
  local problems = {} ---@type string[]
  local function check(given, known, prefix)
    for key, value in pairs(given) do
      local name = prefix .. tostring(key)
      if known[key] == nil then
        table.insert(problems, ('unknown key %s'):format(name))
      elseif type(value) ~= type(known[key]) then
        table.insert(problems, ('%s must be a %s'):format(name, type(known[key])))
      elseif type(value) == 'table' and not vim.islist(known[key]) then
        check(value, known[key], name .. '.')
      end
    end
  end
  if vim.g.krepis ~= nil and type(vim.g.krepis) ~= 'table' then
    return { 'vim.g.krepis must be a table' }
  end
  check(vim.g.krepis or {}, DEFAULTS, 'krepis.')
  local position = M.get().timeline.position
  if not vim.list_contains({ 'right', 'below', 'tab' }, position) then
    table.insert(problems, "krepis.timeline.position must be 'right', 'below' or 'tab'")
  end
  return problems
end

return M
