using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Tasks;
using Deq.Runtime.Models;

namespace Deq.Export.Commands;

/// <summary><c>add-energy &lt;bundle&gt;</c>: writes the graph of the energy beside the others of a bundle; its weights stay as they are.</summary>
internal static class AddEnergyCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">Whose bundles it takes.</param>
    public static Command Make(TrainedTasks tasks) => AddedGraphs.Command(
        "add-energy", "Adds the graph of the energy to a bundle without training: the weights stay as they are.", directory => Run(tasks, directory));

    /// <summary>Adds it.</summary>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or not its weights.</exception>
    /// <exception cref="CommandException">Solves of the model descend no energy.</exception>
    public static void Run(TrainedTasks tasks, string directory) => AddedGraphs.Write(tasks, directory, (name, graphs) => graphs.Energy is { } energy
        ? [(ModelParts.Energy, BundleFileNames.Energy, energy)]
        : throw new CommandException($"The model {name} has no energy: its fixed points are not known to be critical points of a function."));
}
