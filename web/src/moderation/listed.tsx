import { For, Match, Show, Switch, type Accessor, type JSX } from 'solid-js'
import { ago, exactly } from '~/account/times'
import { explain, type Failure } from '~/http'
import { t } from '~/i18n/i18n'
import type { Pages } from '~/rooms/pages'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'

// What the lists of those who keep order are made of.

export function Moment(props: { at: number }) {
  return <time dateTime={new Date(props.at).toISOString()} title={exactly(props.at)}>{ago(props.at, Date.now())}</time>
}

/** A list that comes in pieces: what there is, none, or why not. */
export function Listed<Item>(props: { pages: Pages<Item>; broken: string; empty: string; children: (items: Accessor<readonly Item[]>) => JSX.Element }) {
  return (
    <Switch fallback={<Skeletons />}>
      <Match when={props.pages.failure() !== null && props.pages.failure()}>
        {(failure) => <Broken words={props.broken} failure={failure()} onRetry={() => props.pages.reload()} />}
      </Match>
      <Match when={props.pages.items()?.length === 0}><Nothing text={props.empty} /></Match>
      <Match when={props.pages.items()}>
        {(items) => (
          <>
            {props.children(items)}
            <Show when={props.pages.more()}>
              <Button variant="outline" class="mt-4 self-center" aria-busy={props.pages.loading()} onClick={() => props.pages.loadMore()}>{t('Show more')}</Button>
            </Show>
          </>
        )}
      </Match>
    </Switch>
  )
}

function Broken(props: { words: string; failure: Failure; onRetry(): void }) {
  return (
    <div class="mt-4 flex flex-wrap items-center justify-between gap-3 rounded-card border border-line bg-surface p-4" role="alert">
      <p class="min-w-0 flex-1 basis-56 text-body">{props.words} {explain(props.failure)}</p>
      <Button variant="outline" onClick={() => props.onRetry()}>{t('Try again')}</Button>
    </div>
  )
}

export function Nothing(props: { text: string }) {
  return <p class="mt-4 rounded-card border border-dashed border-line-strong/50 p-5 text-body text-muted">{props.text}</p>
}

export function Skeletons() {
  return (
    <div class="mt-4 divide-y divide-line rounded-card border border-line bg-surface" aria-busy="true">
      <span class="sr-only" role="status">{t('Loading')}</span>
      <For each={['w-40', 'w-56', 'w-32']}>{(width) => <div class="p-4"><Skeleton class={`h-3.5 ${width}`} /></div>}</For>
    </div>
  )
}
