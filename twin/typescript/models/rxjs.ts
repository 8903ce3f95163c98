// rxjs: operators run where their source emits; what the outside world emits is an entry point. Schedulers are left out.
import { around, handler, kv } from 'krepis:model';

const observerOf = (next, error, complete) => {
  const given = typeof next === 'object' && next !== null ? next : { next, error, complete };
  return {
    user: given.next ?? given.error ?? given.complete,
    next: (value) => given.next?.(value),
    error: (reason) => given.error?.(reason),
    complete: () => given.complete?.(),
  };
};

export class Subscription {
  constructor(end) {
    this.end = end;
    this.closed = false;
  }

  add() {}

  unsubscribe() {
    this.closed = true;
    this.end?.();
  }
}

export class Observable {
  constructor(run) {
    this.run = run;
  }

  subscribe(next, error, complete) {
    const observer = observerOf(next, error, complete);
    const subscription = new Subscription(() => undefined);
    const end = this.run({
      user: observer.user,
      next: (value) => subscription.closed || observer.next(value),
      error: (reason) => subscription.closed || observer.error(reason),
      complete: () => subscription.closed || observer.complete(),
    });
    if (typeof end === 'function') subscription.end = end;
    return subscription;
  }

  pipe(...operators) {
    return operators.reduce((source, operator) => operator(source), this);
  }

  forEach(next) {
    return new Promise((resolve, reject) => this.subscribe({ next, error: reject, complete: () => resolve() }));
  }

  toPromise() {
    return lastValueFrom(this);
  }
}

export class Subject extends Observable {
  constructor() {
    super((observer) => {
      this.observers = [...this.observers, observer];
      return () => {
        this.observers = this.observers.filter((one) => one !== observer);
      };
    });
    this.observers = [];
    this.closed = false;
  }

  next(value) {
    for (const observer of this.observers) observer.next(value);
  }

  error(reason) {
    for (const observer of this.observers) observer.error(reason);
  }

  complete() {
    this.closed = true;
    for (const observer of this.observers) observer.complete();
  }

  asObservable() {
    return new Observable((observer) => this.run(observer));
  }
}

let states = 0;

export class BehaviorSubject extends Subject {
  constructor(initial) {
    super();
    states += 1;
    this.state = kv(`subject ${states}`);
    this.state.set('value', initial);
  }

  get value() {
    return this.state.get('value');
  }

  getValue() {
    return this.value;
  }

  next(value) {
    this.state.set('value', value);
    super.next(value);
  }

  subscribe(next, error, complete) {
    observerOf(next, error, complete).next(this.value);
    return super.subscribe(next, error, complete);
  }
}

export class ReplaySubject extends Subject {}
export class AsyncSubject extends Subject {}

export const from = (input) => {
  if (input instanceof Observable) return input;
  if (Array.isArray(input)) {
    return new Observable((observer) => {
      for (const value of input) observer.next(value);
      observer.complete();
    });
  }
  return new Observable((observer) => {
    Promise.resolve(input).then(
      (value) => {
        observer.next(value);
        observer.complete();
      },
      (reason) => observer.error(reason),
    );
  });
};

export const of = (...values) => from(values);
export const defer = (make) => new Observable((observer) => from(make()).run(observer));
export const EMPTY = from([]);
export const NEVER = new Observable(() => undefined);
export const throwError = (make) => new Observable((observer) => observer.error(typeof make === 'function' ? make() : make));

const outside = (name) =>
  new Observable((observer) => handler(name, around(observer.user, (value) => observer.next(value))));

export const fromEvent = (target, name) => outside(`event ${name}`);
export const fromEventPattern = () => outside('event');
export const interval = (ms) => outside(`every ${ms} ms`);
export const timer = (due, period) =>
  period === undefined
    ? new Observable((observer) => {
        const id = setTimeout(() => {
          observer.next(0);
          observer.complete();
        }, due);
        return () => clearTimeout(id);
      })
    : outside(`every ${period} ms`);

export const merge = (...sources) =>
  new Observable((observer) => {
    for (const source of sources) from(source).run(observer);
  });

// What an operator does with a value, an error and the end; `user` is the function of the program that it runs.
const operator = (user, make) => (source) =>
  new Observable((observer) => {
    const own = make(observer);
    return source.run({
      user: user ?? observer.user,
      next: own.next ?? ((value) => observer.next(value)),
      error: own.error ?? ((reason) => observer.error(reason)),
      complete: own.complete ?? (() => observer.complete()),
    });
  });

export const map = (project) =>
  operator(project, (observer) => ({
    next: (value) => {
      let made;
      try {
        made = project(value, 0);
      } catch (reason) {
        observer.error(reason);
        return;
      }
      observer.next(made);
    },
  }));

export const filter = (test) =>
  operator(test, (observer) => ({
    next: (value) => {
      if (test(value, 0)) observer.next(value);
    },
  }));

export const tap = (look) => {
  const own = observerOf(look);
  return operator(own.user, (observer) => ({
    next: (value) => {
      own.next(value);
      observer.next(value);
    },
  }));
};

export const scan = (add, seed) =>
  operator(add, (observer) => {
    let sum = seed;
    return {
      next: (value) => {
        sum = add(sum, value, 0);
        observer.next(sum);
      },
    };
  });

export const mergeMap = (project, width = Infinity) =>
  operator(project, (observer) => {
    const waiting = [];
    let running = 0;
    let ended = false;
    const start = (value) => {
      running += 1;
      let inner;
      try {
        inner = from(project(value, 0));
      } catch (reason) {
        observer.error(reason);
        return;
      }
      inner.run({
        user: observer.user,
        next: (made) => observer.next(made),
        error: (reason) => observer.error(reason),
        complete: () => {
          running -= 1;
          if (waiting.length > 0) start(waiting.shift());
          else if (ended && running === 0) observer.complete();
        },
      });
    };
    return {
      next: (value) => {
        if (running < width) start(value);
        else waiting.push(value);
      },
      complete: () => {
        ended = true;
        if (running === 0) observer.complete();
      },
    };
  });

export const flatMap = mergeMap;
export const concatMap = (project) => mergeMap(project, 1);

export const exhaustMap = (project) =>
  operator(project, (observer) => {
    let busy = false;
    return {
      next: (value) => {
        if (busy) return;
        busy = true;
        from(project(value, 0)).run({
          user: observer.user,
          next: (made) => observer.next(made),
          error: (reason) => observer.error(reason),
          complete: () => {
            busy = false;
          },
        });
      },
    };
  });

export const switchMap = (project) =>
  operator(project, (observer) => {
    let newest = 0;
    return {
      next: (value) => {
        newest += 1;
        const own = newest;
        from(project(value, 0)).run({
          user: observer.user,
          next: (made) => own === newest && observer.next(made),
          error: (reason) => own === newest && observer.error(reason),
          complete: () => undefined,
        });
      },
    };
  });

export const catchError = (handle) =>
  operator(undefined, (observer) => ({
    error: (reason) => {
      const instead = handle(reason, EMPTY);
      from(instead).run(observer);
    },
  }));

export const finalize = (end) =>
  operator(undefined, (observer) => ({
    error: (reason) => {
      observer.error(reason);
      end();
    },
    complete: () => {
      observer.complete();
      end();
    },
  }));

export const debounceTime = (ms) =>
  operator(undefined, (observer) => {
    let id;
    return {
      next: (value) => {
        clearTimeout(id);
        id = setTimeout(() => observer.next(value), ms);
      },
    };
  });

export const delay = (ms) =>
  operator(undefined, (observer) => ({
    next: (value) => {
      setTimeout(() => observer.next(value), ms);
    },
  }));

export const bufferTime = (ms) =>
  operator(undefined, (observer) => {
    let values = [];
    return {
      next: (value) => {
        if (values.length === 0) {
          setTimeout(() => {
            const full = values;
            values = [];
            observer.next(full);
          }, ms);
        }
        values = [...values, value];
      },
    };
  });

export const toArray = () =>
  operator(undefined, (observer) => {
    const values = [];
    return {
      next: (value) => values.push(value),
      complete: () => {
        observer.next(values);
        observer.complete();
      },
    };
  });

export const startWith = (...values) => (source) =>
  new Observable((observer) => {
    for (const value of values) observer.next(value);
    return source.run(observer);
  });

const same = () => (source) => source;
export const share = same;
export const shareReplay = same;
export const distinctUntilChanged = same;
export const throttleTime = same;
export const takeUntil = same;
export const take = same;
export const first = same;
export const retry = same;
export const timeout = same;
export const observeOn = same;

export const firstValueFrom = (source) =>
  new Promise((resolve, reject) => from(source).subscribe({ next: resolve, error: reject }));

export const lastValueFrom = (source) =>
  new Promise((resolve, reject) => {
    let last;
    from(source).subscribe({
      next: (value) => {
        last = value;
      },
      error: reject,
      complete: () => resolve(last),
    });
  });
