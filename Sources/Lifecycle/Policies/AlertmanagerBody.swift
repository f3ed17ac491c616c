import TernKernel

/// A group of alerts as Alertmanager's webhook posts it (version 4), so that receivers made for it understand Tern.
enum AlertmanagerBody {
    static func json(_ alerts: [PolicyAlert], endpoint: String, externalURL: String) -> JSON {
        let labels = alerts.map(labels)
        let annotations = alerts.map(annotations)
        let entries = zip(alerts, zip(labels, annotations)).map { alert, texts -> JSON in
            [
                "status": .string(alert.isOpen ? "firing" : "resolved"), "labels": object(texts.0), "annotations": object(texts.1),
                "startsAt": .string(alert.raisedAt.description), "endsAt": .string(alert.resolvedAt?.description ?? "0001-01-01T00:00:00Z"),
                "generatorURL": .string("\(externalURL)/endpoints/\(endpoint)"), "fingerprint": .string(fingerprint(texts.0)),
            ]
        }
        return [
            "version": "4", "groupKey": .string("{}:{endpoint=\"\(endpoint)\"}"), "truncatedAlerts": 0, "receiver": "tern",
            "status": .string(alerts.contains(where: \.isOpen) ? "firing" : "resolved"), "groupLabels": ["endpoint": .string(endpoint)],
            "commonLabels": object(common(labels)), "commonAnnotations": object(common(annotations)), "externalURL": .string(externalURL),
            "alerts": .array(entries),
        ]
    }

    static func labels(_ alert: PolicyAlert) -> [String: String] {
        let words = alert.monitor.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        var labels = [
            "alertname": "Tern" + words.joined(), "endpoint": alert.endpoint, "monitor": alert.monitor, "owner": alert.owner, "severity": "warning",
        ]
        labels["column"] = alert.column
        return labels
    }

    private static func annotations(_ alert: PolicyAlert) -> [String: String] {
        var annotations = ["summary": alert.message, "tern_alert": alert.id]
        annotations["event_time"] = alert.raisedEventTime?.description
        annotations["resolved_event_time"] = alert.resolvedEventTime?.description
        return annotations
    }

    private static func common(_ sets: [[String: String]]) -> [String: String] {
        guard let first = sets.first else { return [:] }
        return first.filter { key, value in sets.allSatisfy { $0[key] == value } }
    }

    private static func object(_ texts: [String: String]) -> JSON { .object(texts.mapValues(JSON.string)) }

    /// Prometheus' fingerprint of a label set: FNV-1a, 64 bits, over sorted names and values, each ended by the byte 255.
    static func fingerprint(_ labels: [String: String]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in Array(text.utf8) + [255] { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        for name in labels.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            add(name)
            add(labels[name] ?? "")
        }
        return Identifier.hex(hash)
    }
}
