---The conversation with the server, apart from what Neovim does by itself.

local M = {}

---@class krepis.FindingId
---@field uri string
---@field fingerprint string

---@class krepis.Step
---@field task string
---@field call string
---@field file string
---@field uri string
---@field line integer
---@field action string
---@field what string
---@field value string

---@class krepis.Roles
---@field staleRead integer? Counted from 0, as everything in the protocol.
---@field foreignWrite integer?
---@field act integer?

---@class krepis.Timeline
---@field kind string
---@field file string
---@field line integer
---@field function string
---@field message string
---@field why string
---@field help string
---@field steps krepis.Step[]
---@field tasks string[]
---@field roles krepis.Roles?
---@field states integer
---@field traces integer
---@field schedule string

---@class krepis.EntryPoint
---@field uri string
---@field name string
---@field status 'stale'|'queued'|'running'|'verified'|'failed'|'bounded'
---@field states integer? vim.NIL where it is not known, as the next two.
---@field traces integer?
---@field milliseconds integer?
---@field findings string[]
---@field range lsp.Range

---@class krepis.StatusChange: krepis.Overall
---@field files { uri: string, entryPoints: krepis.EntryPoint[] }[]

---@class krepis.Status: krepis.Overall
---@field entryPoints krepis.EntryPoint[]

---@class krepis.Overall
---@field running boolean|integer
---@field done integer
---@field total integer
---@field version string

---Says something to the user.
---@param message string
---@param level? integer
function M.say(message, level)
  vim.notify('Krepis: ' .. message, level or vim.log.levels.INFO)
end

---The server that serves a buffer, else any; says so when there is none.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.get(bufnr)
  local clients = vim.lsp.get_clients({ name = 'krepis', bufnr = bufnr or 0 })
  local client = clients[1] or vim.lsp.get_clients({ name = 'krepis' })[1]
  if not client then
    M.say('the server does not run; see :checkhealth krepis', vim.log.levels.WARN)
  end
  return client
end

---Runs a command of the server.
---@param command string
---@param arguments any[]
function M.execute(command, arguments)
  local client = M.get()
  if client then
    client:request('workspace/executeCommand', { command = command, arguments = arguments }, function(err)
      if err then
        M.say(err.message, vim.log.levels.ERROR)
      end
    end)
  end
end

---Asks for the interleaving of a finding.
---@param finding krepis.FindingId
---@param receive fun(timeline: krepis.Timeline)
function M.timeline(finding, receive)
  local client = M.get()
  if not client then
    return
  end
  client:request('krepis/timeline', finding, function(err, timeline)
    if err then
      M.say(err.message, vim.log.levels.ERROR)
    elseif not timeline or timeline == vim.NIL then
      M.say('this finding is no longer reported')
    else
      receive(timeline)
    end
  end)
end

---The findings of a buffer, those of the cursor's line first.
---@param bufnr integer
---@return { diagnostic: vim.Diagnostic, fingerprint: string }[]
function M.findings(bufnr)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(bufnr)) do
    local data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data')
    if type(data) == 'table' and data.fingerprint then
      table.insert(found, { diagnostic = diagnostic, fingerprint = data.fingerprint })
    end
  end
  table.sort(found, function(a, b)
    local near, other = math.abs(a.diagnostic.lnum - line), math.abs(b.diagnostic.lnum - line)
    return near < other or (near == other and a.fingerprint < b.fingerprint)
  end)
  return found
end

return M
