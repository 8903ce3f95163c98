// pattern: results taken from Promise.allSettled by index, accumulator filled without a suspension
export interface Widget {
  name: string;
  metric: string;
}

export interface MetricsSource {
  latest(metric: string): Promise<number>;
}

export async function dashboard(widgets: readonly Widget[], source: MetricsSource) {
  let summary: Record<string, number> = {};
  const errors: string[] = [];
  const results = await Promise.allSettled(widgets.map((widget) => source.latest(widget.metric)));
  results.forEach((result, i) => {
    const { name } = widgets[i]!;
    if (result.status === 'fulfilled') summary = { ...summary, [name]: result.value };
    else errors.push(name);
  });
  return { summary, errors };
}
