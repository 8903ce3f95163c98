// next/navigation: leaving a page is an exception that Next catches.
const leave = (reason) => {
  throw new Error(`NEXT_${reason}`);
};

export const redirect = () => leave('REDIRECT');
export const permanentRedirect = () => leave('REDIRECT');
export const notFound = () => leave('NOT_FOUND');
export const forbidden = () => leave('FORBIDDEN');
export const unauthorized = () => leave('UNAUTHORIZED');
