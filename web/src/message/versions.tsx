import { For, Match, Show, Switch } from 'solid-js'
import { collapse } from '~/composer/mentions'
import { explain, RequestError } from '~/http'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { fullTimeOf } from '~/room/times'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '~/ui/dialog'
import { messageQueries } from './calls'

/** What a message said before it was edited. */
export default function Versions(props: { room: string; id: string; editedAt: number; now: string; onClose(): void }) {
  const query = useQuery(() => messageQueries.versions(props.room, props.id))
  const earlier = () => (query.data?.versions ?? []).toReversed()
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent class="sm:max-w-xl">
        <DialogTitle>{t('Versions of this message')}</DialogTitle>
        <DialogDescription>{t('Its author and moderators can see what it said before.')}</DialogDescription>
        <ol class="flex flex-col gap-3">
          <Version when={t('Now, since {time}', { time: fullTimeOf(props.editedAt) })} content={props.now} />
          <Switch fallback={<li class="text-meta text-muted">{t('Loading…')}</li>}>
            <Match when={query.data}>
              <For each={earlier()}>{(v) => <Version when={t('Until {time}', { time: fullTimeOf(v.until) })} content={v.content} />}</For>
            </Match>
            <Match when={query.isError}>
              <li class="flex flex-wrap items-center gap-2 text-meta text-bad" role="alert">
                {query.error instanceof RequestError ? explain(query.error.failure) : t("They couldn't be loaded.")}
                <Button variant="outline" size="small" onClick={() => void query.refetch()}>{t('Try again')}</Button>
              </li>
            </Match>
          </Switch>
        </ol>
      </DialogContent>
    </Dialog>
  )
}

function Version(props: { when: string; content: string }) {
  return (
    <li class="border-s-2 border-line ps-3">
      <p class="text-day text-muted tabular-nums">{props.when}</p>
      <p class="text-body whitespace-pre-wrap [overflow-wrap:anywhere]" dir="auto">
        <Show when={props.content} fallback={<span class="text-muted italic">{t('No words')}</span>}>{collapse(props.content).text}</Show>
      </p>
    </li>
  )
}
