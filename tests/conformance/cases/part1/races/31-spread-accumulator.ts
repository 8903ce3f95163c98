// pattern: `summary = { ...summary, [k]: await f() }` in Promise.all: the spread is evaluated before the await
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
  await Promise.all(
    widgets.map(async (widget) => {
      try {
        summary = { ...summary, [widget.name]: await source.latest(widget.metric) }; // RACE: lost-update
      } catch {
        errors.push(widget.name);
      }
    }),
  );
  return { summary, errors };
}
