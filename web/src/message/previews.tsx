import X from 'lucide-solid/icons/x'
import { createMemo, For, Show } from 'solid-js'
import { explain } from '~/http'
import { t } from '~/i18n/i18n'
import type { Preview } from '~/realtime/wire.gen'
import { showToast } from '~/ui/toast'
import { removePreview } from './calls'
import { linkTarget } from './links'
import { useMessageRoom } from './message-room'

/** What the links of a message lead to. Who wrote it may take one away. */
export function Previews(props: { messageId: string; previews: readonly Preview[]; mine: boolean }) {
  const room = useMessageRoom()
  // Each change of the message brings them anew.
  const previews = createMemo<readonly Preview[]>((last) => props.previews.map((p) => last.find((old) => old.url === p.url) ?? p), [])
  async function remove(url: string) {
    const result = await removePreview(room.session.slug, props.messageId, url)
    if (!result.ok) showToast({ tone: 'bad', title: t('The preview is still there'), text: explain(result.failure) })
  }
  return (
    <For each={previews()}>
      {(preview) => (
        <Show when={linkTarget(preview.url)}>
          {(href) => (
            <div class="preview" role="group" aria-label={t('Preview of {site}', { site: preview.site || new URL(href()).host })}>
              <div class="min-w-0 flex-1">
                <p class="truncate text-day text-muted" dir="auto">{preview.site || new URL(href()).host}</p>
                <a href={href()} target="_blank" rel="noopener noreferrer nofollow" class="two-lines font-medium text-accent-strong hover:underline" dir="auto">
                  {preview.title || preview.url}
                </a>
                <Show when={preview.description}>
                  <p class="mt-0.5 two-lines text-meta text-muted" dir="auto">{preview.description}</p>
                </Show>
              </div>
              <Show when={preview.image}>
                {(image) => (
                  <img
                    src={image()}
                    alt=""
                    width={preview.width}
                    height={preview.height}
                    loading="lazy"
                    decoding="async"
                    draggable={false}
                    class="h-18 w-24 shrink-0 rounded-control object-cover"
                  />
                )}
              </Show>
              <Show when={props.mine}>
                <button type="button" class="preview-remove" aria-label={t('Remove the preview')} onClick={() => void remove(preview.url)}>
                  <X class="size-3.5" aria-hidden="true" />
                </button>
              </Show>
            </div>
          )}
        </Show>
      )}
    </For>
  )
}
