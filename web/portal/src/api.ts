// SPDX-License-Identifier: Apache-2.0
/*
 * The portal's HTTP interface (doc/formats/portal-api.md), as functions.
 *
 * Security: only our own origin is ever asked; the opening key is not among the things this file knows. Answers are the
 * server's word and are checked for shape where they become keys (open.ts).
 */

/** How the sender's organisation wants the page to look; colours as "#0078d4", the logo as a data: address. */
export interface Brand {
	background: string;
	/** Black or white, whichever reads better on the background. */
	ink: string;
	/** Buttons of that colour stand out from the page. */
	button: boolean;
	logo?: string;
	title?: string;
	disclaimer?: string;
	privacy_url?: string;
}

export interface Facts {
	state: 'active' | 'revoked' | 'expired';
	sender: string;
	sender_name: string;
	organisation: string;
	recipient_hint?: string;
	received?: string;
	expires?: string | null;
	signed_in?: boolean;
	brand?: Brand;
}

export interface Sent { reference: string; sent_to: string; expires_s: number; resend_s: number }

export interface Opened {
	parcel: string;
	grant: string;
	s: string;
	wck: string;
	parts: { part: number; bytes: number }[];
	rights: string[];
	template: string;
	expires: string | null;
	recipient: string;
}

/** What somebody may decide about, and what was decided. */
export interface Review {
	state: 'open' | 'approved' | 'refused' | 'expired' | 'closed';
	kind: 'moderation' | 'quarantine' | 'silent_override' | 'explicit_override' | 'false_positive';
	organisation: string;
	you: string;
	sender: string;
	sender_name: string;
	recipients: string[];
	recipients_in_all: number;
	received: string;
	rule: string;
	reason: string;
	severity: string;
	evidence: string[];
	expires: string | null;
	decided: string | null;
	decided_by: string;
	decided_by_you: boolean;
	justification: string;
	waits: boolean;
}

/** An answer that is not success. `code` is the stable word of the interface, `offline` when there was no answer. */
export class ApiError extends Error {
	constructor(readonly status: number, readonly code: string, detail: string, readonly retryAfterS: number,
	    readonly triesLeft: number | null) {
		super(detail);
	}
}

/* A passcode mail is sent before the server answers: generous, but never for ever. */
const ANSWER_WITHIN_MS = 30_000;

type Json = Record<string, unknown>;

function errorOf(status: number, body: Json, retryAfter: string | null): ApiError {
	const seconds = Number(body.retry_after_s ?? retryAfter ?? 0);
	const tries = body.tries_left;
	return new ApiError(status, typeof body.code === 'string' ? body.code : 'http_' + status,
	    typeof body.detail === 'string' ? body.detail : '', Number.isFinite(seconds) ? seconds : 0,
	    typeof tries === 'number' ? tries : null);
}

/** One portal, seen from one browser (or, in tests, from node with its own `fetch`). */
export class Portal {
	constructor(private readonly origin: string, private readonly send: typeof fetch) {}

	facts(grant: string): Promise<Facts> {
		return this.json<Facts>('GET', `grants/${grant}`);
	}

	passcode(grant: string): Promise<Sent> {
		return this.json<Sent>('POST', `grants/${grant}/passcode`, {});
	}

	session(grant: string, code: string, stay: boolean): Promise<unknown> {
		return this.json('POST', `grants/${grant}/session`, { code, stay });
	}

	open(grant: string): Promise<Opened> {
		return this.json<Opened>('POST', `grants/${grant}/open`, {});
	}

	end(): Promise<unknown> {
		return this.json('POST', 'session/end', {});
	}

	review(id: string, token: string): Promise<Review> {
		return this.json<Review>('POST', `reviews/${id}`, { token });
	}

	decide(id: string, token: string, decision: 'send' | 'refuse', reason: string): Promise<Review> {
		return this.json<Review>('POST', `reviews/${id}/decision`, { token, decision, reason });
	}

	/** The sealed bytes of one part, as they arrive. */
	async *part(grant: string, index: number, stop?: AbortSignal): AsyncGenerator<Uint8Array> {
		const answer = await this.ask('GET', `grants/${grant}/parts/${index}`, undefined, stop);
		const reader = answer.body!.getReader();
		try {
			for (;;) {
				const piece = await reader.read().catch(offline);
				if (piece.done)
					return;
				yield piece.value;
			}
		} finally {
			reader.cancel().catch(() => undefined);
		}
	}

	private async json<T>(method: string, path: string, body?: Json): Promise<T> {
		const answer = await this.ask(method, path, body, AbortSignal.timeout?.(ANSWER_WITHIN_MS));
		return await answer.json().catch(offline) as T;
	}

	private async ask(method: string, path: string, body?: Json, stop?: AbortSignal): Promise<Response> {
		const headers: Record<string, string> = { 'Accept': 'application/json, application/octet-stream' };
		if (body !== undefined) {
			headers['Content-Type'] = 'application/json';
			headers['X-Letterlock'] = '1';
		}
		const answer = await this.send(`${this.origin}/api/v1/${path}`, {
			method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error',
			body: body === undefined ? null : written(body), signal: stop ?? null,
		}).catch(offline);
		if (!answer.ok)
			throw errorOf(answer.status, await answer.json().catch(() => ({})) as Json,
			    answer.headers.get('Retry-After'));
		return answer;
	}
}

/* One flat object. Braces and brackets that somebody typed are escaped: the server reads no nested ones. */
function written(body: Json): string {
	return JSON.stringify(body).replace(/(?!^)[{[]/g, one => '\\u00' + one.charCodeAt(0).toString(16));
}

function offline(): never {
	throw new ApiError(0, 'offline', '', 0, null);
}
