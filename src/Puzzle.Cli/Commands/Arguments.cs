using System.CommandLine;

namespace Puzzle.Cli.Commands;

/// <summary>Arguments and options that several verbs share.</summary>
internal static class Arguments
{
    public static Argument<string> Recipe() => new("RECIPE") { Description = "The recipe, a YAML file.", HelpName = "RECIPE" };

    public static Argument<string> Model() => new("MODEL") { Description = "A model: a folder, a GGUF file, or a hub id in the local cache.", HelpName = "MODEL" };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Replace a key of the recipe, for example --set distill.tokens=1M. May be given several times.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
    };
}
