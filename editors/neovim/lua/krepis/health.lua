---`:checkhealth krepis`: what is needed, whether it is there, and what to do when it is not.

local M = {}

local health = vim.health

local function check_neovim()
  health.start('Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. version)
  else
    health.error(('Neovim %s is too old'):format(version), { 'Install Neovim 0.11 or newer.' })
  end
end

local function check_config()
  health.start('Configuration')
  local problems = require('krepis.config').problems()
  for _, problem in ipairs(problems) do
    health.error(problem, { 'See :help krepis-config.' })
  end
  if #problems == 0 then
    health.ok('vim.g.krepis has no mistake')
  end
end

local function check_binary()
  health.start('Server')
  local name = require('krepis.config').get().cmd[1] or ''
  local path = vim.fn.exepath(name)
  if path == '' then
    health.error(('%s cannot be executed'):format(name), {
      'Install it: pipx install krepis',
      "Or name it: vim.g.krepis = { cmd = { '/path/to/krepis', 'lsp' } }",
    })
    return
  end
  local ran, result = pcall(function()
    return vim.system({ path, '--version' }, { text = true, timeout = 20000 }):wait()
  end)
  if ran and result.code == 0 and vim.startswith(result.stdout, 'krepis ') then
    health.ok(('%s (%s)'):format(vim.trim(result.stdout), path))
  else
    local output = ran and result.stderr ~= '' and result.stderr or 'is this Krepis?'
    health.error(('%s --version failed: %s'):format(path, output))
  end
end

local function check_attached()
  health.start('Attached')
  if vim.lsp.is_enabled and not vim.lsp.is_enabled('krepis') then
    health.warn('the server is not enabled', { "Put vim.lsp.enable('krepis') into your configuration." })
  end
  local clients = vim.lsp.get_clients({ name = 'krepis' })
  if #clients == 0 then
    health.info('no server runs; one is started with the first TypeScript file')
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    local info = client.server_info or {}
    health.ok(('server %s for %s, %d buffers'):format(info.version or '', client.root_dir or 'a single file', buffers))
  end
end

function M.check()
  check_neovim()
  check_config()
  check_binary()
  check_attached()
end

return M
