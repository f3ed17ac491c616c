import Monitoring
import TernKernel

extension AlertRow {
    init(_ alert: Alert) {
        id = String(alert.id)
        endpoint = Link.endpoint(alert.endpoint)
        monitor = alert.monitor.rawValue.replacing("_", with: " ")
        column = alert.column ?? ""
        state = Badge(state: alert.state.rawValue)
        raised = Moment(alert.raisedEventTime ?? alert.raisedAt)
        recorded = Moment(alert.raisedAt)
        ended = Moment(alert.resolvedEventTime ?? alert.resolvedAt)
        message = alert.message
        resolution = alert.resolution ?? ""
        owner = alert.owner
        acknowledgedBy = alert.acknowledgedBy ?? ""
        acknowledge = alert.state == .open && alert.acknowledgedAt == nil ? "/api/tern/v1/alerts/\(alert.id)/acknowledge" : nil
    }
}
