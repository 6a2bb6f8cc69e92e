import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'

/** Asked before the first time only. */
export default function AllReadDialog(props: { onConfirm(): void; onClose(): void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent role="alertdialog">
        <DialogTitle>{t('Mark all rooms as read?')}</DialogTitle>
        <DialogDescription>{t('Nothing will be unread any more, in any room and on any device. You are asked this once.')}</DialogDescription>
        <DialogFooter>
          <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
          <Button onClick={() => props.onConfirm()}>{t('Mark all as read')}</Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  )
}
