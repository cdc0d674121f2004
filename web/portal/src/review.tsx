// SPDX-License-Identifier: Apache-2.0
/*
 * The page of somebody who may decide about held mail: what it is about, what each choice does, the decision, its result.
 *
 * Security: the token lives in the address's fragment and in the body of our own POST. Loading shows what waits and changes
 * nothing; only a press of a button decides.
 */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, Portal, type Review } from './api.ts';
import { moment, say } from './strings.ts';
import { Card, Notice, Row, Title } from './views/parts.tsx';
import { Page } from './views/page.tsx';

const words = say.review;
const portal = new Portal('', (...ask) => fetch(...ask));

/* Characters as the server counts them. */
const count = (text: string): number => [...text.trim()].length;
const REASON_MIN = 10, REASON_MAX = 1000;

type Stage = { at: 'loading' } | { at: 'facts'; review: Review } | { at: 'trouble'; name: TroubleName; retry: boolean };
type TroubleName = keyof typeof words.trouble;

/** The id and the token of the address, or null when one of them is not there whole. */
function ofAddress(): { id: string; token: string } | null {
	const id = /^\/r\/([0-9a-z]{26})\/?$/i.exec(location.pathname)?.[1];
	const token = /^#([A-Za-z0-9_-]{43})$/.exec(location.hash)?.[1];
	return id && token ? { id: id.toLowerCase(), token } : null;
}

function troubleOf(error: unknown): Stage {
	const code = error instanceof ApiError ? error.code : '';
	if (code === 'not_found' || code === 'offline' || code === 'too_many')
		return { at: 'trouble', name: code, retry: code !== 'not_found' };
	return { at: 'trouble', name: 'other', retry: true };
}

function Found({ lines }: { lines: string[] }) {
	if (lines.length === 0)
		return null;
	return <Row name={words.found}><ul class="found">{lines.map((line, i) => <li key={i}>{line}</li>)}</ul></Row>;
}

function Facts({ review }: { review: Review }) {
	const more = review.recipients_in_all - review.recipients.length;
	return <dl class="facts">
		<Row name={words.from}>{review.sender_name && <bdi>{review.sender_name}</bdi>}{' '}
			<span class="address">{review.sender}</span></Row>
		<Row name={words.to}>{review.recipients.map((one, i) => <span key={i} class="line">{one}</span>)}
			{more > 0 && <span class="line">{words.more(more)}</span>}</Row>
		<Row name={words.received}>{moment(review.received)}</Row>
		<Row name={words.rule}>{review.rule}</Row>
		<Row name={words.why}>{review.reason}</Row>
		<Found lines={review.evidence} />
		{review.severity !== 'none' && <Row name={words.severity}>{words.severities[review.severity] ?? review.severity}</Row>}
		{review.state === 'open' && review.expires && <Row name={words.until}>{moment(review.expires)}</Row>}
	</dl>;
}

interface AskProps { review: Review; busy: boolean; error: string; decide(decision: 'send' | 'refuse', reason: string): void }

function Ask(props: AskProps) {
	const { review, busy } = props;
	const kind = words.kinds[review.kind];
	const [reason, setReason] = useState('');
	const [problem, setProblem] = useState('');
	const box = useRef<HTMLTextAreaElement>(null);
	const error = problem || props.error;
	const decide = (decision: 'send' | 'refuse') => {
		if (busy)
			return;
		const n = count(reason);
		const wrong = n > REASON_MAX ? words.tooLong(n)
		    : decision === 'send' && kind.needsReason && n < REASON_MIN ? words.tooShort : '';
		setProblem(wrong);
		if (wrong)
			box.current!.focus();
		else
			props.decide(decision, reason.trim());
	};
	return <Card>
		<Title>{kind.title}</Title>
		<p>{kind.text}</p>
		<Facts review={review} />
		<h2>{words.choices}</h2>
		<ul class="choices"><li><strong>{kind.send}:</strong> {kind.sendMeans(review.recipients_in_all)}</li>
			<li><strong>{kind.refuse}:</strong> {kind.refuseMeans}</li>
			{review.expires && <li>{(review.you === review.sender ? words.laterYours : words.later)(moment(review.expires))}</li>}</ul>
		<form onSubmit={event => event.preventDefault()}>
			<label for="reason">{kind.reason} <span class="soft">{kind.needsReason ? words.required : words.optional}</span></label>
			<textarea id="reason" ref={box} rows={3} value={reason} aria-describedby={error ? 'reason-hint reason-error' : 'reason-hint'}
			    aria-invalid={problem !== ''} aria-required={kind.needsReason} onInput={event => setReason(event.currentTarget.value)} />
			<p class="hint soft" id="reason-hint"><span>{kind.reasonHint}</span>
				<span class="count">{words.count(count(reason))}</span></p>
			{error && <Notice kind="error" id="reason-error">{error}</Notice>}
			<div class="pair">
				<button class="main" type="button" aria-disabled={busy} onClick={() => decide('send')}>
					{busy ? words.busy : kind.send}</button>
				<button class="second" type="button" aria-disabled={busy} onClick={() => decide('refuse')}>{kind.refuse}</button>
			</div>
		</form>
		<p class="soft">{words.calm}</p>
	</Card>;
}

function resultOf(review: Review): { title: string; text: string } {
	if (review.state === 'approved')
		return review.waits ? words.results.waits : words.results.approved;
	return words.results[review.state as 'refused' | 'expired' | 'closed'];
}

function Result({ review }: { review: Review }) {
	const result = resultOf(review);
	const who = review.decided_by_you ? words.you : review.decided_by;
	return <Card>
		<Title>{result.title}</Title>
		<p role="status">{result.text}</p>
		{review.decided && review.decided_by && <p>{words.decided(who, moment(review.decided))}</p>}
		<Facts review={review} />
		{review.justification && <><h2>{words.inWords(review.decided_by_you)}</h2><p class="said" dir="auto">{review.justification}</p></>}
		<p class="soft">{words.close}</p>
	</Card>;
}

function useReview() {
	const [stage, setStage] = useState<Stage>({ at: 'loading' });
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState('');
	const address = useRef(ofAddress());

	const load = async () => {
		if (address.current === null)
			return setStage({ at: 'trouble', name: 'not_found', retry: false });
		setStage({ at: 'loading' });
		try {
			setStage({ at: 'facts', review: await portal.review(address.current.id, address.current.token) });
		} catch (problem) {
			setStage(troubleOf(problem));
		}
	};

	/* What passes by itself is said where the person is, so that what was typed is not lost. */
	const decide = async (decision: 'send' | 'refuse', reason: string) => {
		const { id, token } = address.current!;
		setBusy(true);
		setError('');
		try {
			setStage({ at: 'facts', review: await portal.decide(id, token, decision, reason) });
		} catch (problem) {
			const trouble = troubleOf(problem);
			if (problem instanceof ApiError && problem.code === 'reason')
				setError(words.tooShort);
			else if (trouble.at === 'trouble' && trouble.retry)
				setError(words.trouble[trouble.name][1]);
			else
				setStage(trouble);
		} finally {
			setBusy(false);
		}
	};

	useEffect(() => {
		load();
		const reload = () => location.reload();
		addEventListener('hashchange', reload);
		return () => removeEventListener('hashchange', reload);
	}, []);
	return { stage, busy, error, load, decide };
}

function View(p: ReturnType<typeof useReview>) {
	const { stage } = p;
	if (stage.at === 'loading')
		return <Card><p class="soft" role="status">{say.loading}</p></Card>;
	if (stage.at === 'trouble') {
		const [title, text] = words.trouble[stage.name];
		return <Card key="trouble"><Title>{title}</Title><p>{text}</p>
			{stage.retry && <button class="main" type="button" onClick={p.load}>{say.trouble.retry}</button>}</Card>;
	}
	return stage.review.state === 'open' ? <Ask key="ask" review={stage.review} busy={p.busy} error={p.error} decide={p.decide} />
	    : <Result key="result" review={stage.review} />;
}

function App() {
	const state = useReview();
	return <Page name={state.stage.at === 'facts' ? state.stage.review.organisation : ''} footer={words.footer}><View {...state} /></Page>;
}

const root = document.getElementById('app')!;
root.textContent = '';
render(<App />, root);
