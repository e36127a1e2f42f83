/* What a call answers instead of data: a status, its reason phrase, a body. */
export class ApiError extends Error {
	constructor(status, message, errors) {
		super(message);
		this.status = status;
		this.errors = errors;
	}
}

/*
 * Errors of the HTTP server itself: only a status line, no body, no
 * Content-Length; the end of the connection is the end of the answer.
 */
export class BareError extends ApiError {
	constructor(status, message) {
		super(status, message);
		this.isBare = true;
	}
}

/* No answer at all: the connection stays open and silent. */
export class Silence extends Error {}

export function badParams(errors) {
	return new ApiError(400, 'Parameter verification failed.', errors);
}

export function forbidden(why) {
	return new ApiError(403, `Permission check failed (${why})`);
}

export function failed(message) {
	return new ApiError(500, message);
}
