import TernKernel

extension EndpointDeclaration {
    /// - Throws: `invalid_argument` naming what is wrong and what to write instead.
    func validate() throws {
        guard !name.isEmpty, name.utf8.count <= 64, name.unicodeScalars.allSatisfy(EndpointDeclaration.mayName) else {
            throw TernError.invalid("'\(name)' cannot name an endpoint", hint: "use at most 64 letters, digits, '-' and '_'")
        }
        guard !model.isEmpty else { throw TernError.invalid("endpoint '\(name)' names no model", hint: "add `model: NAME`") }
        guard !owner.isEmpty else {
            throw TernError.invalid("endpoint '\(name)' has no owner", hint: "add `owner: TEAM@EXAMPLE.COM` to it or to the project")
        }
        try release.validate(endpoint: name)
    }

    static func mayName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }
}

extension ReleasePlan {
    func validate(endpoint: String) throws {
        if strategy == .canary, steps.isEmpty {
            throw TernError.invalid("endpoint '\(endpoint)': a canary needs at least one step", hint: "write `steps: [5%, 25%, 50%]`")
        }
        guard steps.allSatisfy({ $0 > 0 && $0 <= 1 }), zip(steps, steps.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw TernError.invalid(
                "endpoint '\(endpoint)': a canary's steps are growing shares above 0% and up to 100%, not "
                    + steps.map(\.percent).joined(separator: ", ")
            )
        }
        guard every.milliseconds >= 0, minimumRows >= 0 else {
            throw TernError.invalid("endpoint '\(endpoint)': `every` and `minimum_rows` cannot be negative")
        }
        for (key, share) in [("errors", `guard`.errors), ("accuracy_drop", `guard`.accuracyDrop)] {
            guard let share else { continue }
            guard share >= 0, share <= 1 else {
                throw TernError.invalid("endpoint '\(endpoint)': guard '\(key)' is a share from 0% to 100%, not \(share.percent)")
            }
        }
        if let limit = `guard`.latencyP99, limit.milliseconds <= 0 {
            throw TernError.invalid("endpoint '\(endpoint)': guard 'latency_p99' must be longer than 0, for example 20ms")
        }
    }
}

extension Double {
    /// A share as people read it: `12.5%`.
    var percent: String {
        guard isFinite, abs(self) < 1e6 else { return "\(self)" }
        let hundredths = (self * 10_000).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int64(hundredths))%" : "\(hundredths)%"
    }
}
