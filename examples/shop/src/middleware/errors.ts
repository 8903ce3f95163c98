import type { NextFunction, Request, Response } from 'express';
import { ZodError } from 'zod';

export class AppError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class ValidationError extends AppError {
  constructor(message: string) {
    super(400, message);
  }
}

export class NotFoundError extends AppError {
  constructor(message: string) {
    super(404, message);
  }
}

export class ConflictError extends AppError {
  constructor(message: string) {
    super(409, message);
  }
}

export function errorHandler(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) {
    next(error);
  } else if (error instanceof AppError) {
    res.status(error.status).json({ error: error.message });
  } else if (error instanceof ZodError) {
    res.status(400).json({ error: 'invalid request', issues: error.issues });
  } else {
    console.error(error);
    res.status(500).json({ error: 'internal error' });
  }
}
