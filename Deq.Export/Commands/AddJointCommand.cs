using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Tasks;

namespace Deq.Export.Commands;

/// <summary><c>add-joint &lt;bundle&gt;</c>: writes the graphs of joint inference beside the others of a bundle; its weights stay as they are.</summary>
internal static class AddJointCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">Whose bundles it takes.</param>
    public static Command Make(TrainedTasks tasks) => AddedGraphs.Command(
        "add-joint", "Adds the graphs of joint inference to a bundle without training: the weights stay as they are.", directory => Run(tasks, directory));

    /// <summary>Adds them.</summary>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or not its weights.</exception>
    /// <exception cref="CommandException">The model hands over more than joint inference takes.</exception>
    public static void Run(TrainedTasks tasks, string directory) => AddedGraphs.Write(tasks, directory, (name, graphs) => JointGraphs.CanBeOf(graphs)
        ? JointGraphs.Of(graphs).Parts
        : throw new CommandException($"The model {name} hands over further injections; joint inference takes a cell of (z, x) and a decoder of z."));
}
