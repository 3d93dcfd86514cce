using System.CommandLine;
using Puzzle.Core.Errors;
using Puzzle.Serving.Kernels;

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

    /// <summary>How the engine keeps weights.</summary>
    public static Option<string> Weights()
    {
        var option = new Option<string>("--weights") { Description = "How weight matrices are kept; sums are float32 always.", HelpName = "TYPE", DefaultValueFactory = _ => "f32" };
        option.AcceptOnlyFromAmong([.. Enum.GetNames<WeightType>().Select(name => name.ToLowerInvariant())]);
        return option;
    }

    /// <summary>The type of a value of <see cref="Weights"/>.</summary>
    public static WeightType WeightsOf(string value) => Enum.Parse<WeightType>(value, ignoreCase: true);

    /// <summary>Threads of the engine.</summary>
    public static Option<int> Threads() => new("--threads") { Description = "Threads; 0: all cores that this process may use.", HelpName = "N", DefaultValueFactory = _ => 0 };

    /// <summary>The threads of a value of <see cref="Threads"/>.</summary>
    public static int? ThreadsOf(int value) => value switch
    {
        0 => null,
        > 0 and <= 1024 => value,
        _ => throw new RecipeException($"--threads is {value}; expected 1 or more, or 0 for all cores"),
    };
}
