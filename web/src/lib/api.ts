/*
 * The gateway's HTTP API. Every failure is a Problem: a word, a sentence and a
 * way out, also when the gateway could not be reached at all.
 */
import { at } from './base';
import type { ConsoleGrant, Guest, Kind, Login, ProfileError, SessionRow } from
	'./types';

export const UNREACHABLE = 'gateway_unreachable';

export class Problem extends Error {
	constructor(readonly word: string, readonly status: number,
		readonly detail: string, readonly hint = '', readonly id = '',
		readonly login: string[] = []) {
		super(detail);
	}

	get unreachable(): boolean {
		return this.word === UNREACHABLE;
	}
}

const LIMIT_MS = 12000;

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

function str(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

async function body(response: Response): Promise<unknown> {
	try {
		return await response.json();
	} catch {
		return null;
	}
}

async function problemOf(response: Response): Promise<Problem> {
	const said = await body(response);
	const p = isRecord(said) ? said : {};
	const word = str(p['code']) ||
		(response.status === 401 ? 'not_signed_in' : 'internal');
	const login = Array.isArray(p['login']) ? p['login'].map(str) : [];

	return new Problem(word, response.status,
		str(p['detail']) || str(p['title']) ||
			`The gateway answered ${response.status}.`,
		str(p['hint']), str(p['id']), login);
}

async function request(method: string, path: string, send: unknown,
	limit: number): Promise<Response> {
	const init: RequestInit = {
		method,
		credentials: 'same-origin',
		cache: 'no-store',
		signal: AbortSignal.timeout(limit),
		headers: { Accept: 'application/json' },
	};

	if (method !== 'GET') {
		init.headers = {
			Accept: 'application/json',
			'Content-Type': 'application/json',
		};
		init.body = JSON.stringify(send ?? {});
	}
	try {
		return await fetch(at(path), init);
	} catch {
		throw new Problem(UNREACHABLE, 0, 'The gateway does not answer.',
			'Check your network; the page goes on by itself.');
	}
}

async function call(method: string, path: string, send?: unknown,
	limit = LIMIT_MS): Promise<unknown> {
	const response = await request(method, path, send, limit);

	if (!response.ok)
		throw await problemOf(response);
	return response.status === 204 ? null : body(response);
}

export function whoAmI(): Promise<Login> {
	return call('GET', 'api/v1/login') as Promise<Login>;
}

export function signIn(proof: { link: string } | { token: string }):
	Promise<Login> {
	return call('POST', 'api/v1/login', proof) as Promise<Login>;
}

export async function signOut(): Promise<void> {
	await call('DELETE', 'api/v1/login');
}

function list(answer: unknown, name: string): unknown[] {
	const found = isRecord(answer) ? answer[name] : null;

	return Array.isArray(found) ? found : [];
}

export async function guests(): Promise<{
	guests: Guest[]; errors: ProfileError[];
}> {
	const answer = await call('GET', 'api/v1/guests');

	return {
		guests: list(answer, 'guests') as Guest[],
		errors: list(answer, 'errors') as ProfileError[],
	};
}

export function openConsole(id: string, kind: Kind, rights: string[],
	takeOver: boolean): Promise<ConsoleGrant> {
	return call('POST', 'api/v1/consoles',
		{ guest: id, kind, rights, take_over: takeOver }) as
		Promise<ConsoleGrant>;
}

export function resumeConsole(id: string, key: string):
	Promise<ConsoleGrant> {
	return call('POST', `api/v1/consoles/${encodeURIComponent(id)}/resume`,
		{ resume: key }) as Promise<ConsoleGrant>;
}

export async function sessions(): Promise<SessionRow[]> {
	return list(await call('GET', 'api/v1/sessions'), 'sessions') as
		SessionRow[];
}

export async function endSession(id: string): Promise<void> {
	await call('DELETE', `api/v1/sessions/${encodeURIComponent(id)}`);
}

/* One round trip to the gateway, in milliseconds. */
export async function ping(limit: number): Promise<number> {
	const start = performance.now();

	await call('GET', 'api/status', undefined, limit);
	return performance.now() - start;
}
