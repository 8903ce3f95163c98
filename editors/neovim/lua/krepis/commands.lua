---@mod krepis.commands COMMANDS
---@brief
---
--- `:Krepis verify [all]`       verify this file, or the workspace
--- `:Krepis timeline`           the interleaving of the nearest finding
--- `:Krepis next`               the next step of the timeline
--- `:Krepis previous`           the step before
--- `:Krepis status`             list the entry points with their verdicts
--- `:Krepis fix`                apply all verified fixes in this file
--- `:Krepis suppress {reason}`  suppress the nearest finding
--- `:Krepis implement`          let a model write the function at the cursor, which has no body yet
--- `:Krepis generate {text}`    make what a description asks for
--- `:Krepis cancel`             stop verifying
--- `:Krepis clear`              forget kept results
--- `:Krepis log`                open Neovim's log of language servers
---
--- There are no key mappings by default. `<Plug>(krepis-timeline)`, `<Plug>(krepis-verify)`, `<Plug>(krepis-fix)`,
--- `<Plug>(krepis-next-step)` and `<Plug>(krepis-previous-step)` can be mapped: >lua
---
---   vim.keymap.set('n', '<leader>kt', '<Plug>(krepis-timeline)')
---   vim.keymap.set('n', ']k', '<Plug>(krepis-next-step)')
--- <
--- A single fix is a code action: |vim.lsp.buf.code_action()|, by default on `gra`.

local M = {}

---@class krepis.Command
---@field run fun(arguments: string[])
---@field complete? string[]

local function client()
  return require('krepis.client')
end

local function uri()
  return vim.uri_from_bufnr(0)
end

---@return string? fingerprint
local function nearest()
  local found = client().findings(0)[1]
  if not found then
    client().say('nothing is reported in this file')
  end
  return found and found.fingerprint
end

---@type table<string, krepis.Command>
local COMMANDS = {
  verify = {
    complete = { 'all' },
    run = function(arguments)
      if arguments[1] == 'all' then
        client().execute('krepis.verifyWorkspace', {})
      else
        client().execute('krepis.verifyFile', { uri() })
      end
    end,
  },
  timeline = {
    run = function()
      local fingerprint = nearest()
      if fingerprint then
        require('krepis.timeline').open({ uri = uri(), fingerprint = fingerprint })
      end
    end,
  },
  next = {
    run = function()
      require('krepis.timeline').move(1)
    end,
  },
  previous = {
    run = function()
      require('krepis.timeline').move(-1)
    end,
  },
  status = {
    run = function()
      require('krepis.overview').open()
    end,
  },
  fix = {
    run = function()
      client().execute('krepis.fixAll', { uri() })
    end,
  },
  suppress = {
    run = function(arguments)
      local reason = vim.trim(table.concat(arguments, ' '))
      if reason == '' then
        client().say('a finding is suppressed only with a reason: :Krepis suppress {reason}', vim.log.levels.ERROR)
        return
      end
      local fingerprint = nearest()
      if fingerprint then
        client().execute('krepis.suppress', { uri(), fingerprint, reason })
      end
    end,
  },
  implement = {
    run = function()
      client().execute('krepis.generateImplementation', { uri(), tostring(vim.api.nvim_win_get_cursor(0)[1]) })
    end,
  },
  generate = {
    run = function(arguments)
      local description = vim.trim(table.concat(arguments, ' '))
      if description == '' then
        client().say('say what to make: :Krepis generate {text}', vim.log.levels.ERROR)
        return
      end
      client().execute('krepis.generateFromDescription', { uri(), description })
    end,
  },
  cancel = {
    run = function()
      client().execute('krepis.cancel', {})
    end,
  },
  clear = {
    run = function()
      client().execute('krepis.clearCache', {})
    end,
  },
  log = {
    run = function()
      vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
    end,
  },
}

---Runs `:Krepis {name} {arguments}`.
---@param call { fargs: string[] }
function M.run(call)
  local name = call.fargs[1] or 'status'
  local command = COMMANDS[name]
  if command then
    command.run(vim.list_slice(call.fargs, 2))
  else
    client().say(('there is no :Krepis %s'):format(name), vim.log.levels.ERROR)
  end
end

---What can stand at the cursor of `:Krepis ...`.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:gsub('^.-Krepis', '', 1)), '%s+', { trimempty = true })
  local on_first = #words == 0 or (#words == 1 and lead ~= '')
  local choices = on_first and vim.tbl_keys(COMMANDS) or vim.tbl_get(COMMANDS, words[1], 'complete') or {}
  table.sort(choices)
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
