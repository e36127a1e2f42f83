/* The answers of the gateway's API, as far as the page reads them. */
export type Kind = 'vnc' | 'serial' | 'spice';
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
	node?: string | null;
	status: Status;
	tags?: string[];
	kinds: Partial<Record<Kind, KindState>>;
}

/* A profile that did not answer: its guests are missing from the list. */
export interface ProfileError {
	profile: string;
	detail: string;
}

export interface User {
	name: string;
	rights: string[];
	deny?: string[];
	guest?: string; /* a one-time link is for this one alone */
}

export interface Login {
	user: User;
	login?: string[];
	version?: string;
}

export interface ConsoleGrant {
	id: string;
	kind: Kind;
	ws: string;
	code: string;
	resume?: string;
	expires_at?: number;
	rights?: string[];
	deny?: string[];
}

export interface SessionRow {
	id: string;
	guest: string;
	kind: Kind;
	user: string;
	from?: string | null;
	state: string;
	word?: string | null; /* from draining on: how it ends */
	detail?: string | null;
	since: number;        /* seconds of the Unix clock */
	bytes_in: number;
	bytes_out: number;
}
