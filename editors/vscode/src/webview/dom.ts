/** Makes elements. Text goes in as text; there is no way to pass markup. */

type Child = Node | string | false | null | undefined;

export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export function svg(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** A text that may break after its dots, brackets and commas, as an expression does, and not within a name. */
export function breakable(text: string): (Node | string)[] {
  return text
    .split(/(?<=[.,([{=])(?<!\bthis\.)(?=\S)/)
    .flatMap((part, index) => (index ? [document.createElement('wbr'), part] : [part]));
}

export function button(label: string, title: string, action: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', title, 'aria-label': title }, label);
  element.addEventListener('click', action);
  return element;
}
