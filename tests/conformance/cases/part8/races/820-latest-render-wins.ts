// pattern: source stored before the renderer is awaited, its HTML after: a slow earlier render pairs with a later source
import { render } from './renderer';

export class LivePreview {
  #source = '';
  #html = '';

  async update(source: string): Promise<void> {
    this.#source = source;
    const html = await render(source);
    this.#html = html; // RACE: order-violation
  }

  get current(): { source: string; html: string } {
    return { source: this.#source, html: this.#html };
  }
}

export const preview = new LivePreview();
