/* The answers of the gateway's API, as far as the page reads them. */
export type Kind = 'vnc' | 'serial' | 'spice';
export type Status = 'running' | 'stopped' | 'paused' | 'unknown';

export interface KindState {
	available: boolean;
	reason?: string;
}

export type Verb = 'start' | 'shutdown' | 'reboot' | 'suspend' | 'resume' |
	'reset' | 'stop';

/* What is known of a guest beside its status; null where it is not known. */
export interface Marks {
	cpu?: number | null; /* the share of all it has: 0 to 1 */
	cpus?: number | null;
	memory?: number | null;
	memory_max?: number | null;
	uptime?: number | null;
	agent?: boolean | null;
	audio?: boolean | null;
	usb?: boolean | null;
	clipboard?: boolean | null;
	os?: string | null;
}

export interface Guest {
	id: string;
	profile: string;
	name: string;
	type: string;
	node?: string | null;
	pool?: string | null;
	status: Status;
	tags?: string[];
	marks?: Marks | null;
	kinds: Partial<Record<Kind, KindState>>;
	rights?: string[];
	power?: Verb[];      /* what makes sense now and is allowed */
	pve_url?: string;    /* admins alone: the hypervisor's own page */
	snapshots?: boolean; /* they may be listed and gone back to */
}

/* A tag's colours, as its cluster has them: "#rrggbb" both. */
export type TagStyles = Record<string, { background: string; color: string }>;

export interface GuestList {
	guests: Guest[];
	errors: ProfileError[];
	tagStyles: TagStyles;
}

export interface Snapshot {
	name: string;
	description?: string | null;
	time?: number | null; /* seconds of the Unix clock */
	memory?: boolean;
}

/* Something that the hypervisor does, until it is done. */
export interface Job {
	id: string;
	guest: string;
	what: string;
	state: 'running' | 'done' | 'failed';
	task?: string | null; /* a UPID */
	word?: string | null;
	detail?: string | null;
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
	realms?: Realm[];
}

/* Where an account of a cluster lives. */
export interface Realm {
	profile: string;
	realm: string;
	comment?: string | null;
	default?: boolean;
}

/* The password was right, and more is asked. */
export interface Challenge {
	challenge: string;
	kinds: string[];
}

export type Proof =
	| { profile: string; realm: string; user: string; password: string }
	| { challenge: string; kind: string; value: string };

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
	waiting?: { seconds: number }; /* the guest is not up yet */
	since: number;        /* seconds of the Unix clock */
	bytes_in: number;
	bytes_out: number;
}
