---@mod krepis.status STATUS LINE
---@brief
---
--- A component for a status line: >lua
---
---   vim.o.statusline = "%f %= %{v:lua.require'krepis.status'.line()}"
--- <
--- It says `krepis 3/12` while a run is under way, then `krepis 11 verified 1 failed`, and nothing without a
--- server. The autocommand event `User KrepisStatus` tells of changes.

local M = {}

---@type table<integer, krepis.Status>
local by_client = {}

---@type string[] The states, the gravest first.
M.STATES = { 'failed', 'bounded', 'running', 'queued', 'stale', 'verified' }

local function changed()
  vim.cmd.redrawstatus({ bang = true })
  vim.api.nvim_exec_autocmds('User', { pattern = 'KrepisStatus', modeline = false })
end

---@param client_id integer
---@param status krepis.Status
function M.update(client_id, status)
  by_client[client_id] = status
  changed()
end

---Takes over what differs: all entry points of some files.
---@param client_id integer
---@param change krepis.StatusChange
function M.apply(client_id, change)
  local entries, changed_files = {}, {}
  for _, file in ipairs(change.files) do
    changed_files[file.uri] = true
    vim.list_extend(entries, file.entryPoints)
  end
  local known = by_client[client_id]
  for _, entry in ipairs(known and known.entryPoints or {}) do
    if not changed_files[entry.uri] then
      table.insert(entries, entry)
    end
  end
  M.update(client_id, vim.tbl_extend('force', change, { entryPoints = entries }))
end

---@param client_id integer
function M.forget(client_id)
  by_client[client_id] = nil
  vim.schedule(changed)
end

---@param client vim.lsp.Client
function M.refresh(client)
  client:request('krepis/status', vim.empty_dict(), function(err, status)
    if not err and status then
      M.update(client.id, status)
    end
  end)
end

---What the server said last about a buffer's workspace.
---@param bufnr? integer The current one by default.
---@return krepis.Status?
function M.get(bufnr)
  local client = vim.lsp.get_clients({ name = 'krepis', bufnr = bufnr or 0 })[1]
  return client and by_client[client.id]
end

---@param status krepis.Status
---@return boolean
function M.is_running(status)
  return status.running == true or (type(status.running) == 'number' and status.running > 0)
end

---How many entry points are in each state.
---@param status krepis.Status
---@return table<string, integer>
function M.counts(status)
  local counts = {}
  for _, entry in ipairs(status.entryPoints) do
    counts[entry.status] = (counts[entry.status] or 0) + 1
  end
  return counts
end

---The component for a status line, "" without a server.
---@return string
function M.line()
  local status = M.get()
  if not status then
    return ''
  end
  if M.is_running(status) then
    return ('krepis %d/%d'):format(status.done, status.total)
  end
  local counts = M.counts(status)
  local parts = { 'krepis' }
  for _, state in ipairs(M.STATES) do
    if counts[state] then
      table.insert(parts, ('%d %s'):format(counts[state], state))
    end
  end
  return table.concat(parts, ' ')
end

return M
