// axios: GET asks, everything else is an effect on somebody else's system.
import { effect, io, unknown } from 'krepis:model';

export class AxiosError extends Error {}

const answer = (method, url, data) => ({
  data: unknown(`axios.${method}.data`, url, data),
  status: unknown(`axios.${method}.status`, url, data),
  headers: unknown(`axios.${method}.headers`, url),
});

const read = (method) => (url, options) => io(`axios.${method}`, () => answer(method, url, options?.params));

const write = (method) => (url, data, options) =>
  io(`axios.${method}`, () => {
    effect(`axios.${method}`, url, data);
    return answer(method, url, data);
  });

const make = () => {
  const request = (first, second) => {
    const config = typeof first === 'string' ? { ...second, url: first } : first;
    const method = (config.method ?? 'get').toLowerCase();
    if (method === 'get' || method === 'head') return read(method)(config.url, config);
    return write(method)(config.url, config.data, config);
  };
  request.request = request;
  request.get = read('get');
  request.head = read('head');
  request.options = read('options');
  request.post = write('post');
  request.put = write('put');
  request.patch = write('patch');
  request.delete = (url, options) => write('delete')(url, options?.data, options);
  request.create = make;
  request.isAxiosError = (error) => error instanceof AxiosError;
  request.defaults = { headers: { common: {} } };
  request.interceptors = {
    request: { use: () => 0, eject: () => {} },
    response: { use: () => 0, eject: () => {} },
  };
  return request;
};

const axios = make();
axios.AxiosError = AxiosError;

export class Axios {
  constructor() {
    return make();
  }
}

export const isAxiosError = axios.isAxiosError;

export default axios;
