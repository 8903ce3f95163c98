if vim.g.loaded_krepis then
  return
end
vim.g.loaded_krepis = true

vim.api.nvim_create_user_command('Krepis', function(arguments)
  require('krepis.commands').run(arguments)
end, {
  nargs = '*',
  desc = 'Krepis: find races in asynchronous TypeScript',
  complete = function(lead, line)
    return require('krepis.commands').complete(lead, line)
  end,
})

vim.keymap.set('n', '<Plug>(krepis-timeline)', '<Cmd>Krepis timeline<CR>', { desc = 'Krepis: show the timeline' })
vim.keymap.set('n', '<Plug>(krepis-verify)', '<Cmd>Krepis verify<CR>', { desc = 'Krepis: verify this file' })
vim.keymap.set('n', '<Plug>(krepis-fix)', '<Cmd>Krepis fix<CR>', { desc = 'Krepis: apply verified fixes' })
vim.keymap.set('n', '<Plug>(krepis-next-step)', '<Cmd>Krepis next<CR>', { desc = 'Krepis: next step' })
vim.keymap.set('n', '<Plug>(krepis-previous-step)', '<Cmd>Krepis previous<CR>', { desc = 'Krepis: previous step' })

vim.lsp.commands['krepis.showTimeline'] = function(command)
  local uri, fingerprint = unpack(command.arguments or {})
  require('krepis.timeline').open({ uri = uri, fingerprint = fingerprint })
end
