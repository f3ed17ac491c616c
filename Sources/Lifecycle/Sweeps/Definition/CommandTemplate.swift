import TernKernel

/// The command of a sweep: arguments with macros, filled in for each trial.
package struct CommandTemplate: Hashable, Sendable {
    static let standard = ["${env}", "${interpreter}", "${program}", "${args}"]
    /// Each stands for an argument of its own, or for several.
    static let macros = [
        "${env}", "${interpreter}", "${program}", "${args}", "${args_no_equals}", "${args_no_hyphens}", "${args_no_boolean_flags}", "${args_json}",
        "${args_json_file}", "${args_append_hydra}", "${args_override_hydra}", "${envvar:NAME}",
    ]

    package var parts: [String]
    package var program: String?

    /// What a trial puts in.
    struct Filling {
        var params: [(name: String, value: JSON)]
        /// The same as one value, nested.
        var nested: JSON
        var interpreter: String
        /// Where `${args_json_file}` lies.
        var jsonFile: String
        var environment: [String: String]
    }

    var needsJSONFile: Bool { parts.contains("${args_json_file}") }

    /// A whole argument that looks like a macro and is none.
    static func unknownMacro(in part: String) -> String? {
        guard part.hasPrefix("${"), part.hasSuffix("}"), !part.contains("${envvar:"), !macros.contains(part) else { return nil }
        return part
    }

    /// The command's arguments.
    ///
    /// - Throws: `invalid_argument` when it names a variable that the environment does not have.
    func expand(_ filling: Filling) throws -> [String] {
        var command: [String] = []
        for part in parts {
            if let arguments = arguments(part, filling) {
                command += arguments
            } else {
                command.append(try CommandTemplate.substitute(part, filling.environment))
            }
        }
        guard command.first?.isEmpty == false else { throw TernError.invalid("the command is empty") }
        return command
    }

    private func arguments(_ macro: String, _ filling: Filling) -> [String]? {
        func flags(_ prefix: String) -> [String] { filling.params.map { "\(prefix)\($0.name)=\(CommandTemplate.text($0.value))" } }
        switch macro {
        case "${env}": return ["/usr/bin/env"]
        case "${interpreter}": return [filling.interpreter]
        case "${program}": return program.map { [$0] } ?? []
        case "${args}": return flags("--")
        case "${args_no_hyphens}": return flags("")
        case "${args_append_hydra}": return flags("+")
        case "${args_override_hydra}": return flags("++")
        case "${args_no_equals}": return filling.params.flatMap { ["--\($0.name)", CommandTemplate.text($0.value)] }
        case "${args_no_boolean_flags}":
            return filling.params.compactMap { name, value in
                if case .bool(let isSet) = value { return isSet ? "--\(name)" : nil }
                return "--\(name)=\(CommandTemplate.text(value))"
            }
        case "${args_json}": return [filling.nested.description]
        case "${args_json_file}": return [filling.jsonFile]
        default: return nil
        }
    }

    private static func substitute(_ part: String, _ environment: [String: String]) throws -> String {
        var text = part
        for match in part.matches(of: /\$\{envvar:([A-Za-z0-9_]*)\}/).reversed() {
            guard let value = environment[String(match.1)] else {
                throw TernError.invalid("the command names the variable \(match.1), which is not set", hint: "set it for the server")
            }
            text.replaceSubrange(match.range, with: value)
        }
        return text
    }

    /// A value as an argument: booleans and nothing as Python writes them, lists and mappings as JSON.
    package static func text(_ value: JSON) -> String {
        switch value {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .string(let value): value
        default: value.description
        }
    }

    /// The command with these values as a person would type it, in the folder of the sweep.
    package func line(_ params: [(name: String, value: JSON)], params nested: JSON) -> String {
        let filling = Filling(params: params, nested: nested, interpreter: "python", jsonFile: "", environment: [:])
        return parts.flatMap { part -> [String] in
            switch part {
            case "${env}": []
            case "${args_json_file}": ["<(echo \(CommandTemplate.quoted(nested.description)))"]
            default: (arguments(part, filling) ?? [part.replacing(/\$\{envvar:([A-Za-z0-9_]*)\}/) { "$\($0.1)" }]).map(CommandTemplate.quoted)
            }
        }.joined(separator: " ")
    }

    /// For a shell.
    static func quoted(_ text: String) -> String {
        if text.wholeMatch(of: /[A-Za-z0-9_\-+=.,\/:@%$]+/) != nil { return text }
        return "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
