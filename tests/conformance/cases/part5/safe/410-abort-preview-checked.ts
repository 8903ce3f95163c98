export class PreviewPane {
  private controller: AbortController | null = null;
  html = '';

  constructor(private readonly render: (source: string, signal: AbortSignal) => Promise<string>) {}

  async show(source: string): Promise<void> {
    this.controller?.abort();
    const controller = new AbortController();
    this.controller = controller;
    const cleaned = await this.render(source, controller.signal);
    if (controller.signal.aborted) return;
    this.html = cleaned;
  }
}
