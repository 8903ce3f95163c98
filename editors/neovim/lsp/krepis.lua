---@brief
---
--- The configuration of the Krepis language server for `vim.lsp.enable('krepis')`. The server is the executable
--- `krepis`, or what `vim.g.krepis = { cmd = { ... } }` names. Its settings are those of `krepis.*` in VS Code: >lua
---
---   vim.lsp.config('krepis', {
---     settings = { krepis = { verify = { run = 'onSave' } } },
---   })
---   vim.lsp.enable('krepis')
--- <

---@type vim.lsp.Config
return {
  cmd = require('krepis.config').get().cmd,
  filetypes = { 'typescript', 'typescriptreact', 'javascript', 'javascriptreact' },
  root_markers = { { 'krepis.toml', 'package.json', 'tsconfig.json' }, { '.git' } },
  settings = { krepis = {} },
  handlers = {
    ['krepis/statusChanged'] = function(_, change, context)
      require('krepis.status').apply(context.client_id, change)
    end,
  },
  on_init = function(client)
    require('krepis.status').refresh(client)
  end,
  on_exit = function(_, _, client_id)
    require('krepis.status').forget(client_id)
  end,
}
