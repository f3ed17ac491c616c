import TernKernel

/// Foreign trackers nest their values and name them freely; here a name is a flat key of letters, digits and `_ - . : / space`.
enum Flat {
    /// Every other character becomes `_`; what could be a path out of its folder does too.
    static func name(_ text: String) -> String {
        let allowed = "_-.: /"
        var name = ""
        for scalar in text.unicodeScalars {
            let isKnown = allowed.unicodeScalars.contains(scalar) || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            name.unicodeScalars.append(isKnown ? scalar : "_")
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: true).map { $0 == "." || $0 == ".." ? "_" : String($0) }
        let whole = String(parts.joined(separator: "/").unicodeScalars.prefix(250))
        return whole.isEmpty || whole == "." || whole.hasPrefix("..") ? "_" + whole : whole
    }

    /// Params by dotted names; lists stay JSON.
    static func params(_ path: [String], _ value: JSON, into params: inout [String: String]) {
        if case .object(let fields) = value, !fields.isEmpty {
            for (key, inner) in fields { Flat.params(path + [key], inner, into: &params) }
        } else {
            params[path.joined(separator: ".")] = text(value)
        }
    }

    /// A value as a param or tag shows it: as Python prints simple ones.
    static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .double(let value) where value.isNaN: "nan"
        case .double(let value) where value.isInfinite: value > 0 ? "inf" : "-inf"
        default: value.description
        }
    }

    /// Seconds since 1970, with a fraction.
    static func milliseconds(_ seconds: Double) -> Int64 {
        let milliseconds = (seconds * 1000).rounded()
        return milliseconds >= 0 && milliseconds < 9e15 ? Int64(milliseconds) : 0
    }
}

/// Points of one run, gathered by metric.
struct GatheredPoints {
    let run: String
    private(set) var count = 0
    private var blocks: [PointBlock] = []
    private var positions: [String: Int] = [:]

    init(run: String) { self.run = run }

    mutating func add(_ key: String, _ point: PointBlock.Point) {
        count += 1
        if let position = positions[key] { return blocks[position].points.append(point) }
        positions[key] = blocks.count
        blocks.append(PointBlock(run: run, key: key, points: [point]))
    }

    /// What was gathered, which is then forgotten.
    mutating func take() -> [PointBlock] {
        defer { (count, blocks, positions) = (0, [], [:]) }
        return blocks
    }
}

extension ImportedRun {
    /// With names and lengths that are allowed here; what had to change is noted.
    func cleaned(_ notes: ImportNotes) -> ImportedRun {
        var run = self
        func clean(_ values: [String: String]) -> [String: String] {
            var clean: [String: String] = [:]
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                let name = Flat.name(key)
                if name != key { notes.add("params and tags whose names were changed to letters that are allowed") }
                var text = value.replacing("\0", with: "")
                if text.utf8.count > 65_536 {
                    notes.add("params and tags that were cut to 65,536 bytes")
                    text = String(decoding: text.utf8.prefix(65_530), as: UTF8.self)
                }
                clean[name] = text
            }
            return clean
        }
        run.params = clean(params)
        run.tags = clean(tags)
        return run
    }
}
