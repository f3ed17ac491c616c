import ArgumentParser
import Foundation
import TernKernel

/// Gives every flag its variable: `--home` is `TERN_HOME`, `--minimum-rows` is `TERN_MINIMUM_ROWS`. What stands on the command line wins.
enum EnvironmentFlags {
    /// Adds to `arguments` the flags that the environment sets for the command they name.
    static func expand(_ arguments: [String], environment: [String: String], of command: any ParsableCommand.Type) -> [String] {
        let variables = environment.filter { $0.key.hasPrefix("TERN_") && !$0.value.isEmpty }
        if variables.isEmpty || arguments.contains("--help") || arguments.contains("-h") { return arguments }
        guard let help = try? JSON(parsing: command._dumpHelp()), var node = help["command"] else { return arguments }
        // Follow the subcommands that the arguments name, as the parser will.
        for argument in arguments {
            if argument.hasPrefix("-") { break }
            guard let next = node["subcommands"]?.arrayValue?.first(where: { $0["commandName"]?.stringValue == argument }) else { break }
            node = next
        }
        // `tern data` means `tern data list`.
        while let name = node["defaultSubcommand"]?.stringValue,
            let next = node["subcommands"]?.arrayValue?.first(where: { $0["commandName"]?.stringValue == name })
        {
            node = next
        }
        var added: [String] = []
        for argument in node["arguments"]?.arrayValue ?? [] {
            guard let name = argument["preferredName"]?["name"]?.stringValue, argument["preferredName"]?["kind"]?.stringValue == "long",
                !arguments.contains(where: { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }), let value = variables[variable(name)]
            else { continue }
            switch argument["kind"]?.stringValue {
            case "flag" where ["1", "true", "yes"].contains(value.lowercased()): added.append("--\(name)")
            case "option": added.append("--\(name)=\(value)")
            default: break
            }
        }
        return arguments + added
    }

    static func variable(_ flag: String) -> String { "TERN_" + flag.uppercased().replacingOccurrences(of: "-", with: "_") }
}
