return new Puzzle.Cli.CommandLine(Console.Out, Console.Error).Run(args);
