---The list of entry points with their verdicts, in the quickfix list: nothing new has to be learned to use it.

local M = {}

local KINDS = { failed = 'E', bounded = 'W', verified = 'I', stale = 'N', queued = 'N', running = 'N' }

---Opens the list.
function M.open()
  local status = require('krepis.status').get()
  if not status then
    if require('krepis.client').get(0) then
      require('krepis.client').say('nothing is known yet')
    end
    return
  end
  local items = {}
  for _, entry in ipairs(status.entryPoints) do
    local parts = { ('%s: %s'):format(entry.name, entry.status) }
    for _, figure in ipairs({ 'states', 'traces', 'milliseconds' }) do
      if type(entry[figure]) == 'number' then
        table.insert(parts, ('%d %s'):format(entry[figure], figure))
      end
    end
    table.insert(items, {
      filename = vim.uri_to_fname(entry.uri),
      lnum = entry.range.start.line + 1,
      col = entry.range.start.character + 1,
      type = KINDS[entry.status],
      text = table.concat(parts, ', '),
    })
  end
  vim.fn.setqflist({}, ' ', { title = 'Krepis: entry points', items = items })
  vim.cmd('botright copen')
end

return M
