---@mod krepis.timeline TIMELINE
---@brief
---
--- One lane for each task, time downwards. The stale read, the foreign write that makes it stale and the act
--- that relies on it are marked. Moving the cursor shows the step's line in the code window.
---
--- `<CR>`  go to the line of the step
--- `]]`    next step, `[[` the one before
--- `g?`    why it matters, and what to do
--- `q`     close
---
--- Highlight groups: `KrepisTask1` to `KrepisTask4`, `KrepisDecisive`, `KrepisRail`, `KrepisStep`.

local M = {}

local NAMESPACE = vim.api.nvim_create_namespace('krepis.timeline')
local MIN_LANE, MAX_LANE = 24, 60

local VERBS = {
  call = 'calls',
  read = 'reads',
  write = 'writes',
  await = 'awaits',
  resume = 'resumes after',
  lock = 'locks',
  unlock = 'unlocks',
  effect = 'does',
  ['return'] = 'returns',
  throw = 'throws',
}

local GROUPS = {
  KrepisTask1 = 'Function',
  KrepisTask2 = 'Constant',
  KrepisTask3 = 'String',
  KrepisTask4 = 'Special',
  KrepisDecisive = 'DiagnosticError',
  KrepisRail = 'NonText',
  KrepisStep = 'CursorLine',
}

---What is shown: the buffer, the window of the code, and the lines of the steps.
---@class krepis.Shown
---@field timeline krepis.Timeline
---@field bufnr integer
---@field code_window integer
---@field first_lines integer[] The line of each step in the buffer, from 1.
---@field at integer The step that the code window shows, from 1.
local shown ---@type krepis.Shown?

---What a step did, without its task.
---@param step krepis.Step
---@return string
function M.phrase(step)
  if step.action == 'call' and step.what == step.call then
    return 'starts' -- the lane's head says everything else
  end
  local verb = VERBS[step.action] or step.action
  if step.action == 'return' or step.action == 'throw' then
    return vim.trim(verb .. ' ' .. (step.value ~= '' and step.value or step.what))
  end
  local value = ''
  if step.value ~= '' then
    value = (step.action == 'read' or step.action == 'write') and ' = ' .. step.value or (' (%s)'):format(step.value)
  end
  return verb .. ' ' .. step.what .. value
end

---@param timeline krepis.Timeline
---@param index integer From 1.
---@return string
function M.role(timeline, index)
  local roles = timeline.roles or {}
  if roles.staleRead == index - 1 then
    return 'stale read'
  elseif roles.foreignWrite == index - 1 then
    return 'foreign write'
  elseif roles.act == index - 1 then
    return 'stale act'
  end
  return ''
end

---Breaks text into lines of at most `width` cells, at spaces where it can.
---@param text string
---@param width integer
---@return string[]
local function wrap(text, width)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    while vim.fn.strdisplaywidth(word) > width do
      if line ~= '' then
        table.insert(lines, line)
        line = ''
      end
      table.insert(lines, vim.fn.strcharpart(word, 0, width))
      word = vim.fn.strcharpart(word, width)
    end
    local longer = line == '' and word or line .. ' ' .. word
    if vim.fn.strdisplaywidth(longer) > width then
      table.insert(lines, line)
      line = word
    else
      line = longer
    end
  end
  table.insert(lines, line)
  return lines
end

---@param text string
---@param width integer
---@return string
local function pad(text, width)
  return text .. (' '):rep(width - vim.fn.strdisplaywidth(text))
end

---@class krepis.Drawing
---@field lines string[]
---@field marks { [1]: integer, [2]: integer, [3]: integer, [4]: string }[] Line, first and last byte, group; from 0.
---@field first_lines integer[]

---The lines of a timeline, and their colours.
---@param timeline krepis.Timeline
---@param width integer In cells.
---@return krepis.Drawing
function M.draw(timeline, width)
  local lane = math.floor((width - 5) / #timeline.tasks) - 2
  lane = math.max(MIN_LANE, math.min(MAX_LANE, lane))
  local drawing = { lines = {}, marks = {}, first_lines = {} } ---@type krepis.Drawing
  local ends = {} ---@type table<string, integer>
  local starts = {} ---@type table<string, integer>
  for index, step in ipairs(timeline.steps) do
    starts[step.task] = starts[step.task] or index
    ends[step.task] = index
  end

  ---Adds a line that is made of pieces with colours.
  ---@param pieces { [1]: string, [2]: string? }[]
  local function add(pieces)
    local text = ''
    for _, piece in ipairs(pieces) do
      if piece[2] and piece[1] ~= '' then
        table.insert(drawing.marks, { #drawing.lines, #text, #text + #piece[1], piece[2] })
      end
      text = text .. piece[1]
    end
    table.insert(drawing.lines, (text:gsub('%s+$', '')))
  end

  for _, line in ipairs(wrap(timeline.message, math.max(40, width - 2))) do
    add({ { line, 'Title' } })
  end
  add({ { ('%s  %s:%d'):format(timeline['function'], timeline.file, timeline.line), 'Comment' } })
  add({})
  local heads = { { '     ' } }
  for number, task in ipairs(timeline.tasks) do
    local call = ''
    for _, step in ipairs(timeline.steps) do
      call = call ~= '' and call or (step.task == task and step.call or '')
    end
    local head = pad(wrap(task .. ' ' .. call, lane)[1], lane + 2)
    table.insert(heads, { head, 'KrepisTask' .. (number - 1) % 4 + 1 })
  end
  add(heads)

  for index, step in ipairs(timeline.steps) do
    local role = M.role(timeline, index)
    local place = step.file == timeline.file and ':' .. step.line or step.file .. ':' .. step.line
    local texts = wrap(M.phrase(step) .. ' ' .. place, lane - 1)
    if role ~= '' then
      table.insert(texts, 1, '▶ ' .. role)
    end
    table.insert(drawing.first_lines, #drawing.lines + 1)
    for row, text in ipairs(texts) do
      local pieces = { { row == 1 and ('%3d  '):format(index) or '     ', 'LineNr' } } ---@type table[]
      for number, task in ipairs(timeline.tasks) do
        local group = 'KrepisTask' .. (number - 1) % 4 + 1
        local alive = index > starts[task] and index < ends[task]
        if task == step.task then
          local dot = row == 1 and '● ' or (index == ends[task] and '  ' or '│ ')
          table.insert(pieces, { dot, row == 1 and (role ~= '' and 'KrepisDecisive' or group) or 'KrepisRail' })
          table.insert(pieces, { pad(text, lane), role ~= '' and 'KrepisDecisive' or nil })
        else
          table.insert(pieces, { alive and '│ ' or '  ', 'KrepisRail' })
          table.insert(pieces, { (' '):rep(lane) })
        end
      end
      add(pieces)
    end
  end
  add({})
  local explored = ('explored %d states, %d interleavings; replay %s'):format(
    timeline.states,
    timeline.traces,
    timeline.schedule
  )
  add({ { explored, 'Comment' } })
  add({ { '<CR> go to line   ]] [[ step   g? why and what to do   q close', 'Comment' } })
  return drawing
end

---@return integer? window
local function timeline_window()
  local windows = shown and vim.fn.win_findbuf(shown.bufnr) or {}
  return windows[1]
end

---Shows the line of a step in the code window.
---@param index integer From 1.
---@param focus boolean Whether the cursor goes there too.
local function lead(index, focus)
  if not shown or not shown.timeline.steps[index] then
    return
  end
  shown.at = index
  local step = shown.timeline.steps[index]
  if not vim.api.nvim_win_is_valid(shown.code_window) then
    local windows = vim.tbl_filter(function(window)
      return vim.api.nvim_win_get_buf(window) ~= shown.bufnr
    end, vim.api.nvim_tabpage_list_wins(0))
    if not windows[1] then
      vim.cmd('topleft vnew')
      windows = { vim.api.nvim_get_current_win() }
    end
    shown.code_window = windows[1]
  end
  local buffer = vim.uri_to_bufnr(step.uri)
  vim.fn.bufload(buffer)
  vim.bo[buffer].buflisted = true
  vim.api.nvim_win_call(shown.code_window, function()
    if vim.api.nvim_win_get_buf(0) ~= buffer then
      vim.cmd("normal! m'")
      vim.api.nvim_win_set_buf(0, buffer)
    end
    local line = math.min(step.line, vim.api.nvim_buf_line_count(buffer))
    vim.api.nvim_win_set_cursor(0, { line, 0 })
    vim.cmd('normal! ^zv')
  end)
  for _, other in ipairs(vim.api.nvim_list_bufs()) do
    vim.api.nvim_buf_clear_namespace(other, NAMESPACE, 0, -1)
  end
  local role = M.role(shown.timeline, index)
  local text = (' %s %s%s'):format(step.task, M.phrase(step), role ~= '' and ' · ' .. role or '')
  vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, math.min(step.line, vim.api.nvim_buf_line_count(buffer)) - 1, 0, {
    line_hl_group = 'KrepisStep',
    virt_text = { { text, role ~= '' and 'KrepisDecisive' or 'Comment' } },
  })
  if focus then
    vim.api.nvim_set_current_win(shown.code_window)
  end
end

---The step of the cursor in the timeline.
---@return integer
local function under_cursor()
  local window = timeline_window()
  if not shown or not window then
    return 1
  end
  local line = vim.api.nvim_win_get_cursor(window)[1]
  local index = 1
  for number, first in ipairs(shown.first_lines) do
    index = first <= line and number or index
  end
  return index
end

---Goes forwards (1) or backwards (-1) by a step, from any window.
---@param by integer
function M.move(by)
  local window = timeline_window()
  if not shown or not window then
    require('krepis.client').say('no timeline is open')
    return
  end
  local index = math.max(1, math.min(#shown.first_lines, shown.at + by))
  vim.api.nvim_win_set_cursor(window, { shown.first_lines[index], 5 })
  lead(index, false)
end

local function explain()
  if shown then
    local lines = { '**Why it matters**', '', shown.timeline.why, '', '**What to do**', '', shown.timeline.help }
    vim.lsp.util.open_floating_preview(lines, 'markdown', { border = 'rounded', max_width = 80 })
  end
end

---@return integer window
local function open_window(bufnr)
  local position = require('krepis.config').get().timeline.position
  if position == 'tab' then
    vim.cmd.tabnew()
    vim.api.nvim_win_set_buf(0, bufnr)
    return vim.api.nvim_get_current_win()
  end
  return vim.api.nvim_open_win(bufnr, true, { split = position })
end

---@param timeline krepis.Timeline
---@param code_window integer
local function show(timeline, code_window)
  for name, link in pairs(GROUPS) do
    vim.api.nvim_set_hl(0, name, { link = link, default = true })
  end
  local window = timeline_window()
  if shown and window then
    code_window = shown.code_window
    vim.api.nvim_set_current_win(window)
  else
    window = open_window(vim.api.nvim_create_buf(false, true))
  end
  local bufnr = vim.api.nvim_win_get_buf(window)
  local drawing = M.draw(timeline, vim.api.nvim_win_get_width(window))
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, drawing.lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = 'krepis-timeline'
  pcall(vim.api.nvim_buf_set_name, bufnr, 'krepis://timeline/' .. timeline['function'])
  vim.api.nvim_buf_clear_namespace(bufnr, NAMESPACE, 0, -1)
  for _, mark in ipairs(drawing.marks) do
    vim.api.nvim_buf_set_extmark(
      bufnr,
      NAMESPACE,
      mark[1],
      mark[2],
      { end_col = mark[3], hl_group = mark[4], strict = false }
    )
  end
  for name, value in pairs({
    wrap = false,
    number = false,
    relativenumber = false,
    signcolumn = 'no',
    cursorline = true,
  }) do
    vim.wo[window][0][name] = value
  end
  shown = { timeline = timeline, bufnr = bufnr, code_window = code_window, first_lines = drawing.first_lines, at = 0 }
  local function map(key, action, description)
    vim.keymap.set('n', key, action, { buffer = bufnr, nowait = true, desc = 'Krepis: ' .. description })
  end
  map('<CR>', function()
    lead(under_cursor(), true)
  end, 'go to the line')
  map(']]', function()
    M.move(1)
  end, 'next step')
  map('[[', function()
    M.move(-1)
  end, 'previous step')
  map('g?', explain, 'why, and what to do')
  map('q', '<Cmd>close<CR>', 'close')
  vim.api.nvim_create_autocmd('CursorMoved', {
    buffer = bufnr,
    callback = function()
      local index = under_cursor()
      if shown and shown.bufnr == bufnr and shown.at ~= index then
        lead(index, false)
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      for _, other in ipairs(vim.api.nvim_list_bufs()) do
        vim.api.nvim_buf_clear_namespace(other, NAMESPACE, 0, -1)
      end
      shown = shown and shown.bufnr ~= bufnr and shown or nil
    end,
  })
  local roles = timeline.roles or {}
  shown.at = (roles.staleRead or roles.act or 0) + 1
  M.move(0)
end

---Opens the timeline of a finding.
---@param finding krepis.FindingId
function M.open(finding)
  local code_window = vim.api.nvim_get_current_win()
  require('krepis.client').timeline(finding, function(timeline)
    show(timeline, code_window)
  end)
end

return M
