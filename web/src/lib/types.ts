/* The answers of the gateway's API, as far as the page reads them. */
export type Kind = 'vnc' | 'serial' | 'spice' | 'terminal';
export type Status = 'running' | 'stopped' | 'paused' | 'unknown';

export interface KindState {
	available: boolean;
	reason?: string;
}

export interface Guest {
	id: string;
	profile: string;
	name: string;
	type: string;
	node?: string;
	status: Status;
	tags?: string[];
	kinds: Partial<Record<Kind, KindState>>;
}

export interface User {
	name: string;
	rights: string[];
}

export interface Login {
	user: User;
	login?: string[];
	version?: string;
	/* a one-time link may be for one console */
	guest?: string;
	kind?: Kind;
}

export interface ConsoleGrant {
	id: string;
	kind: Kind;
	ws: string;
	code: string;
	resume?: string;
	expires_at?: string;
	rights?: string[];
	deny?: string[];
}

export interface SessionRow {
	id: string;
	guest: string;
	kind: Kind;
	user: string;
	state: string;
	since: string | number;
	bytes_in: number;
	bytes_out: number;
}
