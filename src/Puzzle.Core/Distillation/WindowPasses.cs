using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>What learns from batches of a layer's windows.</summary>
internal interface IWindowTrainer
{
    /// <summary>Whether anything still learns.</summary>
    bool IsTraining { get; }

    /// <summary>Trains on a batch; returns the mean loss.</summary>
    double Train(LayerBatch windows);
}

/// <summary>How a layer's windows are gone through, whatever is trained on them.</summary>
internal static class WindowPasses
{
    /// <summary>Windows in memory: how many are trained on, how many a step, and how many steps. The last eighth is held out.</summary>
    public static (long Train, long Batch, long Steps, LayerBatch Held) Plan(LayerBatch all, DistillOptions options)
    {
        var held = Math.Max(1, all.Windows / 8);
        var train = Math.Max(1, all.Windows - held);
        var batch = Math.Min(options.BatchWindows, train);
        return (train, batch, Math.Max(1, options.Tokens / (batch * all.Input_BTD.shape[1])), all.Part(all.Windows - held, held));
    }

    /// <summary>All that the activations hold of their layer.</summary>
    public static LayerBatch Of(ParentActivations activations) => new(activations.Input_WTD, activations.AfterAttention_WTD, activations.Output_WTD, activations.Counts_WT);

    /// <summary>Goes over windows in memory, again and again, until the steps are done or nothing learns any more.</summary>
    public static void Run(IWindowTrainer trainer, LayerBatch all, (long Train, long Batch, long Steps, LayerBatch Held) plan, Action<long, long, double>? progress, CancellationToken cancellation)
    {
        for (long step = 0; step < plan.Steps && trainer.IsTraining; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var first = step * plan.Batch % plan.Train;
            var loss = trainer.Train(all.Part(first, Math.Min(plan.Batch, plan.Train - first)));
            progress?.Invoke(step + 1, plan.Steps, loss);
        }
    }

    /// <summary>Steps of one pass over a stream's windows, of which the last are held out.</summary>
    public static (long Train, long Batch, long Steps) Plan(ParentStream stream, long held, DistillOptions options)
    {
        var train = stream.Windows - held;
        var batch = Math.Min(options.BatchWindows, train);
        return (train, batch, (train + batch - 1) / batch);
    }

    /// <summary>Takes every window of a stream once, in order, also when nothing learns any more: the next layer needs what follows from it.</summary>
    public static void Run(IWindowTrainer trainer, ParentStream stream, (long Train, long Batch, long Steps) plan, Action<long, long, double>? progress, CancellationToken cancellation)
    {
        for (long step = 0; step < plan.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var windows = stream.Take(step * plan.Batch, Math.Min(plan.Batch, plan.Train - step * plan.Batch));
            if (!trainer.IsTraining)
                continue;
            var loss = trainer.Train(windows);
            progress?.Invoke(step + 1, plan.Steps, loss);
        }
    }
}
