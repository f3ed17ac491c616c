import TernKernel

/// What a person, a program or a judging model says of a trace.
package struct Assessment: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case feedback, expectation, issue
    }

    package enum SourceType: String, Sendable, CaseIterable {
        case unspecified = "SOURCE_TYPE_UNSPECIFIED"
        case human = "HUMAN"
        case judge = "LLM_JUDGE"
        case code = "CODE"
    }

    /// Why there is no value.
    package struct Failure: Hashable, Sendable {
        package var code: String
        package var message: String?
        package var stackTrace: String?

        package init(code: String, message: String? = nil, stackTrace: String? = nil) {
            self.code = code
            self.message = message
            self.stackTrace = stackTrace
        }
    }

    /// `a-` and 32 hexadecimal digits.
    package var id: String
    package var trace: String
    package var name: String
    package var kind: Kind
    package var value: JSON
    package var failure: Failure?
    package var sourceType: SourceType
    package var source: String
    package var span: String?
    package var run: String?
    package var rationale: String?
    package var metadata: [String: String]
    /// The assessment that this one takes the place of.
    package var overrides: String?
    /// False once another has taken its place.
    package var isValid: Bool
    /// Milliseconds since 1970.
    package var createdAt: Int64
    package var updatedAt: Int64

    package init(
        id: String = "", trace: String, name: String, kind: Kind, value: JSON, failure: Failure? = nil, sourceType: SourceType = .unspecified,
        source: String = "", span: String? = nil, run: String? = nil, rationale: String? = nil, metadata: [String: String] = [:],
        overrides: String? = nil, isValid: Bool = true, createdAt: Int64 = 0, updatedAt: Int64 = 0
    ) {
        self.id = id
        self.trace = trace
        self.name = name
        self.kind = kind
        self.value = value
        self.failure = failure
        self.sourceType = sourceType
        self.source = source
        self.span = span
        self.run = run
        self.rationale = rationale
        self.metadata = metadata
        self.overrides = overrides
        self.isValid = isValid
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The value as a search compares it: a string as it is, anything else as JSON.
    package var text: String { Span.text(of: value) }

    /// The value of a number; true and false are not numbers here.
    package var number: Double? { value.doubleValue.flatMap { $0.isFinite ? $0 : nil } }
}

/// What an update changes; nil leaves it.
package struct AssessmentChange: Sendable {
    package var name: String?
    package var feedback: (value: JSON, failure: Assessment.Failure?)?
    package var expectation: JSON?
    package var rationale: String?
    /// Laid over what is there.
    package var metadata: [String: String]?

    package init() {}
}
