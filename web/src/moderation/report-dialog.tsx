import { createSignal } from 'solid-js'
import { createAction } from '~/account/action'
import { Act, Fault } from '~/account/parts'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'
import { showToast } from '~/ui/toast'
import { reportMessage } from './calls'
import { Area } from './area'

const REASON_CHARS = 1_000

/** Tells those who moderate of a message. */
export function ReportDialog(props: { slug: string; message: { id: string; userName: string }; onClose(): void }) {
  const [reason, setReason] = createSignal('')
  const report = createAction(() => reportMessage(props.slug, props.message.id, reason().trim()), {
    done() {
      showToast({ title: t('Thank you. It is reported'), text: t('Moderators will look at it.') })
      props.onClose()
    },
  })
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent>
        <DialogTitle>{t('Report this message')}</DialogTitle>
        <DialogDescription>
          {t("Those who moderate get the message as it is now, with your name. {name} isn't told.", { name: props.message.userName })}
        </DialogDescription>
        <form
          class="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void report.run()
          }}
        >
          <Area label={t('What is wrong with it? (optional)')} value={reason()} limit={REASON_CHARS} onChange={setReason} />
          <Fault action={report} />
          <DialogFooter>
            <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
            <Act action={report} label={t('Report@@the verb')} busyLabel={t('Reporting…')} />
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  )
}
