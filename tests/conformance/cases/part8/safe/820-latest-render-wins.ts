// pattern: the token of the render is compared after the await
import { render } from './renderer';

export class LivePreview {
  #source = '';
  #html = '';
  #controller = new AbortController();

  async update(source: string): Promise<void> {
    this.#controller.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.#source = source;
    const html = await render(source);
    if (controller.signal.aborted) return;
    this.#html = html;
  }

  get current(): { source: string; html: string } {
    return { source: this.#source, html: this.#html };
  }
}

export const preview = new LivePreview();
