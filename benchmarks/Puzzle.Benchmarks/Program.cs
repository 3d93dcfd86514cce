return new Puzzle.Benchmarks.BenchmarkCommand(Console.Out, Console.Error).Run(args);
