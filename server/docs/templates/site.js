'use strict';
const search = document.getElementById('search');
const filter = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of document.querySelectorAll('nav .group')) {
    let any = false;
    for (const item of group.querySelectorAll('li')) {
      item.hidden = !words.every((word) => item.dataset.text.toLowerCase().includes(word));
      any ||= !item.hidden;
    }
    group.hidden = !any;
  }
};
search.addEventListener('input', filter);
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
  event.preventDefault();
  search.focus();
});
const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) links.get(target.id)?.setAttribute('aria-current', 'true');
      else links.get(target.id)?.removeAttribute('aria-current');
    }
  },
  { rootMargin: '-10% 0px -70% 0px' },
);
for (const article of document.querySelectorAll('article')) seen.observe(article);

const isServed = location.protocol.startsWith('http');
const base = isServed ? location.origin : 'http://127.0.0.1:3000';
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
for (const form of document.querySelectorAll('.try')) {
  const fields = [...form.querySelectorAll('[data-in]')];
  const of = (place) => fields.filter((one) => one.dataset.in === place && one.value !== '');
  const url = () => {
    const path = form.dataset.path.replace(/\{([^}]+)\}/g, (whole, name) => {
      const own = of('path').find((one) => one.name === name);
      return own ? encodeURIComponent(own.value) : whole;
    });
    const query = new URLSearchParams(of('query').map((one) => [one.name, one.value]));
    return base + path + (query.size > 0 ? `?${query}` : '');
  };
  const headers = () => Object.fromEntries([
    ...of('header').map((one) => [one.name, one.value]),
    ...(form.dataset.media ? [['content-type', form.dataset.media.replace('*/*', 'application/octet-stream')]] : []),
  ]);
  const show = () => {
    const { method } = form.dataset;
    const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(url())}`];
    for (const [name, value] of Object.entries(headers())) lines.push(`  -H ${quoted(`${name}: ${value}`)}`);
    for (const one of of('body')) lines.push(`  -d ${quoted(one.value)}`);
    form.querySelector('.curl').textContent = lines.join(' \\\n');
  };
  form.addEventListener('input', show);
  show();
  const [button, output, answer] = ['button', 'output', '.answer'].map((one) => form.querySelector(one));
  if (!isServed) {
    button.disabled = true;
    output.textContent = 'krepis run serves this page at /docs, where requests can be sent.';
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const start = performance.now();
    answer.hidden = false;
    try {
      const response = await fetch(url(), { method: form.dataset.method, headers: headers(), body: of('body')[0]?.value });
      const text = await response.text();
      output.textContent = `${response.status} ${response.statusText}, ${Math.round(performance.now() - start)} ms`;
      try {
        answer.textContent = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        answer.textContent = text || '(empty)';
      }
    } catch (error) {
      output.textContent = 'no answer';
      answer.textContent = String(error);
    }
  });
}
